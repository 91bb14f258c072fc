// What names look like. It is a file of its own, which the page loads after the rest: its table has a sixth of the page's
// bytes.
export { skeleton } from "../protocol/skeleton.ts";
