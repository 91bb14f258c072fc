// npm run docs: writes docs/reference/.
import { makePages, writePages } from "./pages.ts";

const { pages, undocumented } = await makePages();
writePages(pages);
for (const name of undocumented) console.error(`${name} has no comment.`);
if (undocumented.length > 0) process.exitCode = 1;
