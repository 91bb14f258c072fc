// Generates workerd's configuration from server.json, which comes from wrangler.toml: bindings and variables are
// declared once.
import { isLoopback } from "../../src/protocol/host.ts";
import type { Manifest } from "./manifest.mjs";

/** The variable of the front's secret, which is no variable of the Worker. */
export const CONTROL_VARIABLE = "RESTANTE_CONTROL_SECRET";

/**
 * V8's initial heap in MB. With less, early full collections stop the server for about 15 ms each (decision 0037).
 */
export const V8 = ["--initial-heap-size=64"];

/**
 * IPv4 that is not on the public internet: 0/8, 10/8, 100.64/10, 127/8, 169.254/16, 172.16/12, 192.0.0/24, 192.168/16,
 * 198.18/15, 224/3.
 */
const PRIVATE: readonly (readonly [high: number, bits: number])[] = [
  [0x0000, 8],
  [0x0a00, 8],
  [0x6440, 10],
  [0x7f00, 8],
  [0xa9fe, 16],
  [0xac10, 12],
  [0xc000, 24],
  [0xc0a8, 16],
  [0xc612, 15],
  [0xe000, 3],
];

/**
 * Networks that workerd must not connect to, besides those it treats as private: private IPv4 inside IPv6 (NAT64,
 * 6to4), Teredo, and others that are not global. Answers: a name whose AAAA record leads to a private network.
 */
const INSIDE = [
  "64:ff9b:1::/48",
  "2001::/32",
  "fec0::/10",
  "ff00::/8",
  ...PRIVATE.map(([high, bits]) => `64:ff9b::${high.toString(16)}:0/${96 + bits}`),
  ...PRIVATE.map(([high, bits]) => `2002:${high.toString(16)}::/${16 + bits}`),
];

/** The block of an address, or none for a name: what a name resolves to has to be public. */
function blockOf(host: string): string[] {
  const v4 = /^(\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?$/.exec(host)?.[1];
  if (v4 !== undefined) return [`${v4}/32`];
  const v6 = /^\[(.*)\](?::\d+)?$/.exec(host)?.[1] ?? host;
  return v6 !== "" && URL.canParse(`http://[${v6}]`) ? [`${v6}/128`] : [];
}

/**
 * Private addresses that workerd may connect to, because the operator named them: those in WEBHOOK_HOSTS, and this
 * machine if the key set of the tokens is on it.
 */
function allowedAddresses({ WEBHOOK_HOSTS = "", JWT_JWKS_URL = "" }: Readonly<Record<string, string>>): string[] {
  const hasOwnKeys = URL.canParse(JWT_JWKS_URL) && isLoopback(new URL(JWT_JWKS_URL).hostname);
  const blocks = [...WEBHOOK_HOSTS.split(/[\s,]+/).flatMap(blockOf), ...(hasOwnKeys ? ["127.0.0.0/8", "::1/128"] : [])];
  return [...new Set(blocks)];
}

export interface ConfigParts {
  readonly manifest: Manifest;
  readonly variables: Readonly<Record<string, string>>;
  readonly proxied: boolean;
  readonly address: string;
  readonly page: string;
  readonly mailboxes: string;
}

/**
 * The text of config.capnp. Paths that begin with / in `embed` are in the server folder. `page` and `mailboxes` are paths
 * of folders; `address` is HOST:PORT.
 */
export function configOf({ manifest, variables, proxied, address, page, mailboxes }: ConfigParts): string {
  const { objects, compatibilityDate, compatibilityFlags } = manifest;
  const bindings = [
    ...Object.keys(variables).map((name) => `(name = ${text(name)}, fromEnvironment = ${text(name)})`),
    ...objects.map(({ name, type }) => `(name = ${text(name)}, durableObjectNamespace = ${text(type)})`),
  ];
  const classes = objects.map(({ type }) => {
    return `(className = ${text(type)}, uniqueKey = ${text(`restante-${type}`)}, enableSql = true)`;
  });
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = [${V8.map((one) => text(one)).join(", ")}],
  services = [
    (name = "front", worker = .front),
    (name = "worker", worker = .worker),
    (name = "page", disk = (path = ${text(page)})),
    (name = "internet", network = (
      allow = [${["public", ...allowedAddresses(variables)].map((one) => text(one)).join(", ")}],
      deny = [${INSIDE.map((one) => text(one)).join(", ")}],
      tlsOptions = (trustBrowserCas = true),
    )),
    (name = "mailboxes", disk = (path = ${text(mailboxes)}, writable = true)),
  ],
${socketsOf(address, proxied)});
const front :Workerd.Worker = (
  modules = [(name = "front.js", esModule = embed "/front.js")],
  compatibilityDate = ${text(compatibilityDate)},
  bindings = [
    (name = "WORKER", service = "worker"),
    (name = "PAGE", service = "page"),
    (name = "DRAIN", service = (name = "worker", entrypoint = "Drain")),
    (name = "CONTROL_SECRET", fromEnvironment = ${text(CONTROL_VARIABLE)}),
    (name = "RULES", json = ${text(JSON.stringify({ ...manifest.front, proxied }))}),
  ],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "/worker.js")],
  compatibilityDate = ${text(compatibilityDate)},
  compatibilityFlags = [${compatibilityFlags.map((one) => text(one)).join(", ")}],
  bindings = [${bindings.join(", ")}],
  durableObjectNamespaces = [${classes.join(", ")}],
  durableObjectStorage = (localDisk = "mailboxes"),
);
`;
}

/** The public socket, and one on loopback for the program that started the runtime. */
function socketsOf(address: string, proxied: boolean): string {
  return `  sockets = [
    (
      name = "http",
      address = ${text(address)},
      http = (${proxied ? `forwardedProtoHeader = "X-Forwarded-Proto"` : ""}),
      service = "front",
    ),
    (name = "control", address = "127.0.0.1:0", http = (), service = (name = "front", entrypoint = "control")),
  ],
`;
}

/** A text literal of Cap'n Proto, with all bytes except printable ASCII escaped. */
function text(value: string): string {
  const bytes = [...new TextEncoder().encode(value)];
  const plain = (byte: number) => byte >= 32 && byte < 127 && byte !== 34 && byte !== 92;
  const escaped = bytes.map((byte) =>
    plain(byte) ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`,
  );
  return `"${escaped.join("")}"`;
}
