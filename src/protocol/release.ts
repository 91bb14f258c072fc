// The release of this code, from package.json when the bundle is built. Not in version.ts, because the SDK imports that.
import { version } from "../../package.json";

/** As in CHANGELOG.md: `0.3.0`. */
export const RELEASE: string = version;
