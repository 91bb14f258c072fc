// Generates workerd's configuration from wrangler.toml, so that bindings and variables are declared once.
import process from "node:process";

/**
 * The form of our variables' names. workerd reads their values from its environment, not from a file or command line.
 */
const NAME = /^[A-Z][A-Z0-9_]*$/;

/** wrangler.toml and its variables, overridden by the given ones; or a problem. */
export async function variablesOf({ var: given, env: taken }) {
  const { unstable_readConfig: readConfig } = await import("wrangler");
  const config = readConfig({ config: "wrangler.toml" });
  // No platform limits the calls of an event here, so the maximum that the server allows applies.
  const variables = { CALLS_PER_EVENT: "900", ...config.vars };
  for (const one of given) {
    const [, name = "", value = ""] = /^([^:]*):(.*)$/s.exec(one) ?? [];
    if (!NAME.test(name)) return { problem: `--var ${one}: it must be NAME:VALUE.` };
    variables[name] = value;
  }
  for (const name of taken) {
    const value = process.env[name];
    if (!NAME.test(name) || value === undefined)
      return { problem: `--env ${name}: there is no such variable in the environment.` };
    variables[name] = value;
  }
  if (variables.JURISDICTION)
    return { problem: "JURISDICTION needs Cloudflare: here the mailboxes are on this machine." };
  return { config, variables };
}

/**
 * V8's initial heap in MB. With less, early full collections stop the server for about 15 ms each (decision 0037).
 */
export const V8 = ["--initial-heap-size=64"];

/**
 * IPv4 that is not on the public internet: 0/8, 10/8, 100.64/10, 127/8, 169.254/16, 172.16/12, 192.0.0/24, 192.168/16,
 * 198.18/15, 224/3.
 */
const PRIVATE = [
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

/** The addresses in WEBHOOK_HOSTS: workerd connects to a private address only if it is allowed explicitly. */
function addressesIn(hosts = "") {
  const found = hosts.split(/[\s,]+/).flatMap((host) => {
    const v4 = /^(\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?$/.exec(host)?.[1];
    if (v4 !== undefined) return [`${v4}/32`];
    const v6 = /^\[(.*)\](?::\d+)?$/.exec(host)?.[1] ?? host;
    return v6 !== "" && URL.canParse(`http://[${v6}]`) ? [`${v6}/128`] : [];
  });
  return [...new Set(found)];
}

/** The text of config.capnp. The files that it embeds are beside it. */
export function configOf({ config, variables, front, address, state }) {
  const objects = config.durable_objects.bindings;
  const bindings = [
    ...Object.keys(variables).map((name) => `(name = ${text(name)}, fromEnvironment = ${text(name)})`),
    ...objects.map(({ name, class_name }) => `(name = ${text(name)}, durableObjectNamespace = ${text(class_name)})`),
  ];
  const classes = objects.map(({ class_name: name }) => {
    return `(className = ${text(name)}, uniqueKey = ${text(`restante-${name}`)}, enableSql = true)`;
  });
  const flags = (config.compatibility_flags ?? []).map(text).join(", ");
  const proxied = front.proxied ? `forwardedProtoHeader = "X-Forwarded-Proto"` : "";
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = [${V8.map(text).join(", ")}],
  services = [
    (name = "front", worker = .front),
    (name = "worker", worker = .worker),
    (name = "page", disk = (path = ${text(`${state}/server/page`)})),
    (name = "internet", network = (
      allow = [${["public", ...addressesIn(variables.WEBHOOK_HOSTS)].map(text).join(", ")}],
      deny = [${INSIDE.map(text).join(", ")}],
      tlsOptions = (trustBrowserCas = true),
    )),
    (name = "mailboxes", disk = (path = ${text(`${state}/mailboxes`)}, writable = true)),
  ],
  sockets = [(name = "http", address = ${text(address)}, http = (${proxied}), service = "front")],
);
const front :Workerd.Worker = (
  modules = [(name = "front.js", esModule = embed "front.js")],
  compatibilityDate = ${text(config.compatibility_date)},
  bindings = [
    (name = "WORKER", service = "worker"),
    (name = "PAGE", service = "page"),
    (name = "RULES", json = ${text(JSON.stringify(front))}),
  ],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = ${text(config.compatibility_date)},
  compatibilityFlags = [${flags}],
  bindings = [${bindings.join(", ")}],
  durableObjectNamespaces = [${classes.join(", ")}],
  durableObjectStorage = (localDisk = "mailboxes"),
);
`;
}

/** A text literal of Cap'n Proto, with all bytes except printable ASCII escaped. */
function text(value) {
  const bytes = [...new TextEncoder().encode(value)];
  const plain = (byte) => byte >= 32 && byte < 127 && byte !== 34 && byte !== 92;
  const escaped = bytes.map((byte) =>
    plain(byte) ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`,
  );
  return `"${escaped.join("")}"`;
}
