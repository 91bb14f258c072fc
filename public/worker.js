// The service worker: keeps the files of the page, always those of one version together, and shows notifications. The server comes first,
// so that a deploy is seen at once; where it does not answer in time, or not as this server does, the kept version is shown. Nothing of
// anybody's messages is kept here.

// A cache for each version. Its list is written last: a cache with a list is complete.
const PREFIX = "restante shell ";
const LIST = "/shell.json";
const PAGE = "/";
// How long a page waits for the server before the kept version is shown, and how long a file may take. A request that never ends would
// hold up the next one of the same address.
const ANSWER_MS = 4_000;
const FILE_MS = 60_000;
// What pages are made of. All other requests do not pass through here.
const DESTINATIONS = new Set(["script", "style", "image", "manifest"]);

// Which version each page was given: its script and style are of the same one, and so is what it loads later. The browser stops a worker
// without events: a cache has what this map had.
const versions = new Map();
const PAGES = "restante pages";
// Two tabs, and the installation beside them, keep a version one after the other: none deletes what another one writes.
const LOCK = "restante shell";

self.addEventListener("install", (event) => {
  event.waitUntil(update().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  const { request, clientId, resultingClientId } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (pathname === PAGE) event.respondWith(page(event, resultingClientId));
  } else if (DESTINATIONS.has(request.destination)) event.respondWith(file(request, pathname, clientId));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.address ?? "#/"));
});

async function page(event, client) {
  const updating = update();
  event.waitUntil(updating.catch(() => undefined));
  const version = await Promise.race([updating, after(ANSWER_MS)]).catch(() => undefined);
  const cache = await keptCache(version);
  if (cache === null) return fetch(event.request);
  await setVersion(client, cache.version).catch(() => undefined);
  return (await cache.match(PAGE)) ?? fetch(event.request);
}

async function file(request, pathname, client) {
  const cache = await keptCache(await versionOf(client));
  return (await cache?.match(pathname)) ?? fetch(request);
}

async function setVersion(client, version) {
  versions.set(client, version);
  await (await caches.open(PAGES)).put(`/${client}`, new Response(version));
}

async function versionOf(client) {
  return versions.get(client) ?? (await (await caches.open(PAGES)).match(`/${client}`))?.text();
}

// The cache of this version, or the newest complete one; null where there is none.
async function keptCache(version) {
  const names = await completeVersions();
  const name = names.includes(version) ? version : names.at(-1);
  return name === undefined ? null : Object.assign(await caches.open(PREFIX + name), { version: name });
}

// From the oldest to the newest.
async function completeVersions() {
  const complete = [];
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && (await (await caches.open(name)).match(LIST)))
      complete.push(name.slice(PREFIX.length));
  }
  return complete;
}

// Returns the version of the server; rejects where the server gives no list, or a file that is not of it.
function update() {
  return navigator.locks.request(LOCK, keepNewest);
}

// Asks which version the server has, and keeps all of its files where it is a new one.
async function keepNewest() {
  const response = await ask(LIST, ANSWER_MS);
  const { version, files } = await response.clone().json();
  if ((await completeVersions()).at(-1) === version) return version;
  // One that is older, or incomplete, must become the newest.
  await caches.delete(PREFIX + version);
  const cache = await caches.open(PREFIX + version);
  await Promise.all(Object.entries(files).map(([path, hash]) => keep(cache, path, hash)));
  await cache.put(LIST, response);
  await forgetOld();
  return version;
}

async function keep(cache, path, hash) {
  const response = await ask(path, FILE_MS);
  const bytes = await response.clone().arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== hash) throw new Error(`${path} is not of this version`);
  await cache.put(path, response);
}

async function ask(path, ms) {
  const response = await fetch(path, { cache: "no-cache", signal: AbortSignal.timeout(ms) });
  if (!response.ok || response.redirected) throw new Error(`${path}: ${response.status}`);
  return response;
}

// The version before stays for the pages that are open.
async function forgetOld() {
  const kept = new Set((await completeVersions()).slice(-2));
  for (const name of await caches.keys())
    if (name.startsWith(PREFIX) && !kept.has(name.slice(PREFIX.length))) await caches.delete(name);
  // A page that is on its way is not among the clients yet.
  const clients = await self.clients.matchAll({ type: "all", includeUncontrolled: true });
  const present = new Set([...clients.map(({ id }) => id), ...versions.keys()]);
  const cache = await caches.open(PAGES);
  for (const request of await cache.keys())
    if (!present.has(new URL(request.url).pathname.slice(1))) await cache.delete(request);
}

// Shows a conversation in the page that is open, or in a new one: other pages of this server have no conversations.
async function open(address) {
  const all = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const client = all.find(({ url }) => new URL(url).pathname === PAGE);
  if (client === undefined) return void (await self.clients.openWindow(PAGE + address));
  client.postMessage({ open: address }, []);
  await client.focus();
}

function after(ms) {
  return new Promise((done) => setTimeout(done, ms));
}
