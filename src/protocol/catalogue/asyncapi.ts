// The AsyncAPI 3 document of the WebSocket, made from the catalogue and the schemas of the frames. It describes the
// server: what it receives comes from devices.
import { type Code, REFUSALS } from "../refusals.ts";
import { PLAIN, V1, VERSION } from "../version.ts";
import { closeRows, QUERY_FIELDS, UNKNOWN_CLOSES } from "./connection.ts";
import type { JsonSchema } from "./field-kinds.ts";
import { frameSchemas } from "./frame-schemas.ts";
import { type CatalogueFrame, FRAMES } from "./frames.ts";
import { REFUSAL_CAUSES } from "./refusal-causes.ts";

const reference = (path: string): JsonSchema => ({ $ref: `#/${path}` });
const schemaOf = (name: string) => reference(`components/schemas/${name}`);
const messageOf = (name: string) => reference(`components/messages/${name}`);
const inChannel = (channel: string, name: string) => reference(`channels/${channel}/messages/${name}`);

/** The whole document, for `GET /api/asyncapi.json`. */
export function asyncApiDocument(): JsonSchema {
  return {
    asyncapi: "3.0.0",
    id: `urn:restante:websocket:${VERSION}`,
    info: {
      title: "Restante",
      version: String(VERSION),
      description:
        "The WebSocket of a mailbox, as the server sees it: it receives what devices send. Rules in brackets are rules of docs/PROTOCOL.md. The HTTP API is described at /api/openapi.json, the frames alone at /api/frames.schema.json.",
      license: { name: "MIT" },
    },
    defaultContentType: "application/json",
    servers: serversOf(),
    channels: { v1: v1Channel(), plain: plainChannel() },
    operations: operations(),
    components: {
      schemas: frameSchemas(schemaOf),
      messages: { ...Object.fromEntries(FRAMES.map((frame) => [frame.name, messageSchema(frame)])), ...HEARTBEAT },
      securitySchemes: SECURITY_SCHEMES,
    },
    "x-refusals": Object.fromEntries(
      Object.entries(REFUSALS).map(([code, { at }]) => [code, { when: REFUSAL_CAUSES[code as Code], at }]),
    ),
  };
}

function serversOf(): JsonSchema {
  const security = Object.keys(SECURITY_SCHEMES).map((name) => reference(`components/securitySchemes/${name}`));
  return {
    deployed: {
      host: "{host}",
      protocol: "wss",
      description: "A deployment. With AUTH=open no token is needed.",
      variables: { host: { description: "The host of the deployment.", default: "chat.example.com" } },
      security,
    },
    local: { host: "localhost:8787", protocol: "ws", description: "`npm start`.", security },
  };
}

const SECURITY_SCHEMES = {
  bearer: { type: "http", scheme: "bearer", description: "`Authorization: Bearer …`, where headers are possible." },
  subprotocol: {
    type: "httpApiKey",
    in: "header",
    name: "Sec-WebSocket-Protocol",
    description: `\`bearer.<token>\`, offered beside \`${V1}\`: for browsers.`,
  },
  cookie: {
    type: "httpApiKey",
    in: "cookie",
    name: "__Host-restante",
    description: "A device's token, in a browser on this server's own pages.",
  },
} as const;

/** The runtime itself answers the text `ping` ([F6]). */
const HEARTBEAT = {
  Ping: heartbeat("ping", "A text that the runtime answers, without waking the mailbox ([F6])."),
  Pong: heartbeat("pong", "The answer to `ping`."),
} as const;

function heartbeat(text: string, summary: string): JsonSchema {
  return { name: text, title: text, summary, contentType: "text/plain", payload: { const: text } };
}

function messageSchema({ name, type, entry }: CatalogueFrame): JsonSchema {
  return {
    name: type ?? name,
    title: name,
    summary: entry.purpose,
    contentType: "application/json",
    payload: schemaOf(name),
    examples: Object.entries(entry.examples).map(([of, payload]) => ({ name: of, payload })),
    "x-log-frame": entry.isLogFrame,
  };
}

function v1Channel(): JsonSchema {
  const fields = Object.entries(QUERY_FIELDS);
  const properties = Object.fromEntries(
    fields.map(([name, { description, schema, example }]) => [name, { description, ...schema, examples: [example] }]),
  );
  return {
    ...channel("v1", V1),
    description: `The dialect ${V1}. A text is one frame or an array of frames, both ways ([F1]).`,
    bindings: {
      ws: {
        bindingVersion: "0.1.0",
        method: "GET",
        query: {
          type: "object",
          properties,
          required: fields.filter(([, { isRequired }]) => isRequired).map(([name]) => name),
        },
        headers: offerOf({ pattern: `(^|[ ,])${V1.replace(".", "\\.")}($|[ ,])` }, ["Sec-WebSocket-Protocol"]),
      },
    },
    "x-subprotocol": V1,
    "x-close-codes": Object.fromEntries(closeRows().map(({ code, reasons, client }) => [code, { reasons, client }])),
    "x-unknown-close-codes": UNKNOWN_CLOSES,
  };
}

function plainChannel(): JsonSchema {
  return {
    ...channel("plain", PLAIN),
    description: `The dialect ${PLAIN}, which is also that of a client that offers no subprotocol ([D2]). A text is one message.`,
    bindings: { ws: { bindingVersion: "0.1.0", method: "GET", headers: offerOf({}, []) } },
    "x-subprotocol": PLAIN,
  };
}

function channel(name: "v1" | "plain", subprotocol: string): JsonSchema {
  const messages = [...namesOf(name, "up"), ...namesOf(name, "down"), ...Object.keys(HEARTBEAT)];
  return {
    address: "/client/{userName}",
    title: subprotocol,
    parameters: {
      userName: { description: "The user whose mailbox it is, percent-encoded ([D1], [N2]).", examples: ["alice"] },
    },
    messages: Object.fromEntries(messages.map((message) => [message, messageOf(message)])),
  };
}

/** The header that offers subprotocols. */
function offerOf(schema: JsonSchema, required: readonly string[]): JsonSchema {
  const description = "The offered subprotocols; the first that the server speaks is used ([D2]).";
  return {
    type: "object",
    properties: { "Sec-WebSocket-Protocol": { type: "string", description, ...schema } },
    required,
  };
}

/** The frames of a channel in one direction. */
function namesOf(name: "v1" | "plain", side: "up" | "down"): string[] {
  return FRAMES.filter((frame) => frame.side === side && (frame.type === null) === (name === "plain")).map(
    (frame) => frame.name,
  );
}

function operations(): JsonSchema {
  const receive = (name: "v1" | "plain", messages: readonly string[], answers: readonly string[]) => ({
    action: "receive",
    channel: reference(`channels/${name}`),
    messages: messages.map((message) => inChannel(name, message)),
    ...(answers.length > 0 && {
      reply: { channel: reference(`channels/${name}`), messages: answers.map((message) => inChannel(name, message)) },
    }),
  });
  const send = (name: "v1" | "plain", messages: readonly string[]) => ({
    action: "send",
    channel: reference(`channels/${name}`),
    messages: messages.map((message) => inChannel(name, message)),
  });
  const sends = ["UpSend", "UpSendRun"];
  const isOther = (name: string) => !sends.includes(name) && name !== "UpToken";
  return {
    receiveMessage: receive("v1", sends, ["DownAccepted", "DownRefused"]),
    receiveToken: receive("v1", ["UpToken"], ["DownToken", "DownClosing"]),
    receiveOther: receive("v1", namesOf("v1", "up").filter(isOther), []),
    receivePing: receive("v1", ["Ping"], ["Pong"]),
    sendFrames: send("v1", namesOf("v1", "down")),
    receivePlain: receive("plain", namesOf("plain", "up"), []),
    receivePlainPing: receive("plain", ["Ping"], ["Pong"]),
    sendPlain: send("plain", namesOf("plain", "down")),
  };
}
