// The backend of the application: it knows who is signed in, and signs a short-lived token that says so. Restante
// checks the token and knows nothing else of the application's users.
import { createHmac } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import process from "node:process";
import type { Plugin } from "vite";

/** The same values as the server's variables. */
const {
  JWT_SECRET = "for-this-example-on-this-machine-alone",
  JWT_ISSUER = "https://app.example",
  JWT_AUDIENCE = "restante",
} = process.env;

/** Seconds: a stolen token is of use for this time. The SDK asks for the next one before. */
const TOKEN_SECONDS = 300;

/** A JSON Web Token (RFC 7519) with HS256. */
function signToken(userName: string): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1_000) + TOKEN_SECONDS;
  const claims = { sub: userName, iss: JWT_ISSUER, aud: JWT_AUDIENCE, exp };
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", JWT_SECRET).update(signed).digest("base64url")}`;
}

/** Who sends this request. A real backend looks into its session; the example believes the name. */
function signedIn(request: IncomingMessage): string | null {
  return new URL(request.url ?? "/", "http://localhost").searchParams.get("user");
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const userName = signedIn(request);
  response.statusCode = userName === null ? 401 : 200;
  response.setHeader("Content-Type", "text/plain");
  response.setHeader("Cache-Control", "no-store");
  response.end(userName === null ? "" : signToken(userName));
}

/** `POST /token` on Vite's own servers. */
export function tokens(): Plugin {
  return {
    name: "tokens",
    configureServer: ({ middlewares }) => void middlewares.use("/token", answer),
    configurePreviewServer: ({ middlewares }) => void middlewares.use("/token", answer),
  };
}
