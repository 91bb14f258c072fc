// The address with which one device of a user signs another one in: it carries the name and a link code. Both are in the
// fragment, which browsers send to no server.

/** Who is to be signed in, and with which code. */
export interface DeviceLink {
  readonly userName: string;
  readonly code: string;
}

const FORM = /^#link\/([^/]+)\/([^/]+)$/;

export function addressOfLink({ userName, code }: DeviceLink): string {
  return `${location.origin}/#link/${encodeURIComponent(userName)}/${encodeURIComponent(code)}`;
}

/**
 * The link in the page's address, which loses it: the code is a secret for ten minutes, and an address is shown, shared
 * and remembered.
 */
export function takeLink(): DeviceLink | null {
  const [, name = "", code = ""] = FORM.exec(location.hash) ?? [];
  if (code === "") return null;
  history.replaceState(history.state, "", "#/");
  try {
    return { userName: decodeURIComponent(name), code: decodeURIComponent(code) };
  } catch {
    return null;
  }
}
