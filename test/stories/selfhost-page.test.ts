// `npm start` and `npm run selfhost` serve the web pages alike: the same responses to the same requests.
import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OPEN, type Server, startLocal, startServer } from "../support/servers.ts";

let wrangler: Server;
let selfhost: Server;

beforeAll(async () => {
  [wrangler, selfhost] = await Promise.all([startLocal(OPEN), startServer(OPEN)]);
});

afterAll(async () => {
  await wrangler?.stop();
  await selfhost?.stop();
});

const PATHS = [
  ..."/ /index /index/ /index.html /index.html/ /index.html?a=b /index/index /index/index.html /status /status/ /status.html".split(
    " ",
  ),
  ..."/status.html/ /status/?x=1&y=%20 /status?x=1 /status/index /status/index/ /status/index.html /STATUS /Status.html".split(
    " ",
  ),
  ..."//status /status// //status/ //evil.example/ //evil.example/status/ /%2Fevil.example/ /page.js /page.js/ /page.js.html".split(
    " ",
  ),
  ..."/page.js/index.html /page.css /restante.js /restante.js.map /restante.d.ts /icon.svg /manifest.webmanifest /page.js.map /worker.js /shell.json /api /api/docs /api/docs/ /api/docs?x".split(
    " ",
  ),
  ..."/llms.txt /llms.txt/ /docs /docs/ /docs/SDK.md /docs/SDK /docs/reference/restante.md /docs/nothing.md".split(" "),
  ..."/api/docs.html /api/docs/index /api/docs/index.html /api/docs/swagger-ui.css /api/docs/nothing /api//docs //api/docs".split(
    " ",
  ),
  ..."/%61pi/docs /api/%64ocs /api/openapi /client /client/ /client/alice /nothing /nothing/ /nothing.html /_headers /page".split(
    " ",
  ),
  ..."/%73tatus /status%2F /st%61tus.html /%69ndex.html /index%2ehtml /\\status /%2e%2e/index.html /./status /a/../status".split(
    " ",
  ),
  ..."/..%2fconfig.capnp /%2e%2e/config.capnp /constructor /__proto__ /% /%zz /%ff /status%00 /status%20 /favicon.ico".split(
    " ",
  ),
];

/** Requests the path as it is, without normalization. */
function get(server: Server, method: string, path: string): Promise<unknown[]> {
  const { hostname, port } = new URL(server.url);
  return new Promise((done, fail) => {
    const sent = request({ hostname, port, method, path }, (response) => {
      const { location, "content-type": type } = response.headers;
      const policy = response.headers["content-security-policy"];
      const { etag, "cache-control": cache, "access-control-allow-origin": readers } = response.headers;
      const shared = [response.headers["cross-origin-resource-policy"], readers, cache, etag !== undefined];
      response.resume().once("end", () => done([response.statusCode, location, type, policy, ...shared]));
    });
    sent.once("error", fail).end();
  });
}

test.each(PATHS)("both servers respond alike to GET %s", async (path) => {
  expect(await get(selfhost, "GET", path)).toEqual(await get(wrangler, "GET", path));
});

test("every document that /llms.txt lists is served as text", async () => {
  const list = await fetch(`${selfhost.url}/llms.txt`);
  expect(list.headers.get("Content-Type")).toBe("text/plain; charset=utf-8");
  const paths = [...(await list.text()).matchAll(/^- \[[^\]]+\]\(([^)]+)\)/gm)].map(([, path = ""]) => path);
  expect(paths.length).toBeGreaterThan(15);
  for (const path of paths) {
    const { status, headers } = await fetch(`${selfhost.url}/${path}`);
    expect([path, status, headers.get("Content-Type")]).toEqual([path, 200, "text/markdown; charset=utf-8"]);
  }
});

test.each(["HEAD", "POST", "PUT", "DELETE", "OPTIONS"])(
  "both servers respond alike to %s of pages, of their aliases, and of unknown paths",
  async (method) => {
    for (const path of ["/", "/status", "/status/", "/index.html", "/page.js", "/nothing", "/api/docs"]) {
      expect(await get(selfhost, method, path), path).toEqual(await get(wrangler, method, path));
    }
  },
);
