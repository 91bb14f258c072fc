// The tokens of an application's own users: this backend signs them, and serves the public key with which a Restante
// server checks them.
//
//   node examples/backend/tokens.ts     (Node.js 22.18 or newer; before that: npx tsx)
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import process from "node:process";

const PORT = Number(process.env["PORT"] ?? 8788);
/** A stolen token is of use for this time. The SDK asks for the next one before. */
const TOKEN_SECONDS = Number(process.env["TOKEN_SECONDS"] ?? 300);

// A backend of several processes, or that restarts, reads its key from its secrets.
const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const publicJwk = publicKey.export({ format: "jwk" });
// Another key needs another name: the server fetches the keys again for a name that it does not know.
const kid = createHash("sha256").update(JSON.stringify(publicJwk)).digest("base64url");
const keys = JSON.stringify({ keys: [{ ...publicJwk, kid, alg: "ES256", use: "sig" }] });

/** A JSON Web Token (RFC 7519) with ES256. `userName` is canonical: in lower case, for example. */
function signToken(userName: string): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1_000) + TOKEN_SECONDS;
  const claims = { sub: userName, iss: "https://app.example", aud: "restante", exp };
  const signed = `${part({ alg: "ES256", typ: "JWT", kid })}.${part(claims)}`;
  // Without `dsaEncoding` Node.js writes DER, which no JSON Web Token has.
  const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${signed}.${signature.toString("base64url")}`;
}

/** Who sends this request. A real backend looks into its session; the example believes the name. */
function signedIn({ url = "/" }: IncomingMessage): string | null {
  return new URL(url, "http://localhost").searchParams.get("user");
}

const server = createServer((request, response) => {
  if (request.url === "/.well-known/jwks.json") return response.setHeader("Content-Type", "application/json").end(keys);
  const userName = request.method === "POST" && request.url?.startsWith("/token?") ? signedIn(request) : null;
  if (userName === null) return response.writeHead(401).end();
  return response.setHeader("Cache-Control", "no-store").end(signToken(userName));
});
server.listen(PORT, "localhost", () => console.log(`http://localhost:${PORT}`));
