// An attestation contains URLs, and the server requests none of them, neither before nor after authentication. With a
// real server, and a listener that records requests.
import { createServer, type Server as Listener } from "node:http";
import type { AddressInfo } from "node:net";
import { type RegistrationResponseJSON, verifyRegistrationResponse } from "@simplewebauthn/server";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { loadLibrary, stripAttestation } from "../../src/identity/attestation.ts";
import {
  type Attestation,
  type AttestationInput,
  Authenticator,
  concatBytes,
  cborText,
} from "../support/authenticator.ts";
import { attestationWithChain } from "../support/certificate.ts";
import { type Server, startServer } from "../support/servers.ts";

const FORMATS = [
  "android-key",
  "android-safetynet",
  "apple",
  "fido-u2f",
  "packed",
  "tpm",
  "none",
  "compound",
  "made-up",
];

let server: Server;
let listener: Listener;
let list = "";
let requested: string[] = [];
let claims = 0;

beforeAll(async () => {
  listener = createServer((request, response) => {
    requested.push(request.url ?? "");
    response.end();
  });
  await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
  list = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/revoked`;
  server = await startServer({ RATE_LIMIT: "off" });
});

afterAll(async () => {
  await server?.stop();
  listener?.close();
});

beforeEach(() => {
  requested = [];
});

const post = (path: string, token: string | null, body?: unknown) =>
  fetch(`${server.url}${path}`, {
    method: "POST",
    headers: token === null ? {} : { Authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

const host = () => new URL(server.url).hostname;

async function claimed(): Promise<string> {
  const response = await post("/api/accounts", null, { userName: `tess-${++claims}` });
  return ((await response.json()) as { token: string }).token;
}

async function challengeFor(token: string): Promise<string> {
  return ((await (await post("/api/passkeys/options", token)).json()) as { challenge: string }).challenge;
}

async function madeWith(
  challenge: string,
  attest: (about: AttestationInput) => Promise<Attestation>,
): Promise<Record<string, unknown>> {
  return (await Authenticator.make()).create({ challenge, origin: server.url, host: host(), counter: 1 }, attest);
}

const verified = (response: unknown, challenge: string) =>
  verifyRegistrationResponse({
    response: response as RegistrationResponseJSON,
    expectedChallenge: challenge,
    expectedOrigin: server.url,
    expectedRPID: host(),
  }).catch(() => null);

test("[A19] the library by itself requests the URL in a certificate, and the server's copy of it can't", async () => {
  const challenge = "Y2hhbGxlbmdl";
  const response = await madeWith(challenge, (about) => attestationWithChain("android-key", list, about));
  await verified(response, challenge);
  expect(requested.length).toBeGreaterThan(0);
  requested = [];
  await loadLibrary();
  expect(await verified(response, challenge)).toBe(null);
  expect(requested).toEqual([]);
});

test.each(FORMATS)(
  "[A19] an attestation of the format %s with a certificate is refused, and its URLs are not requested",
  async (format) => {
    const token = await claimed();
    const attest = (about: AttestationInput) => attestationWithChain(format, list, about);
    const good = await post("/api/passkeys", token, { response: await madeWith(await challengeFor(token), attest) });
    expect([good.status, await good.json()]).toMatchObject([400, { code: "bad_frame" }]);
    const forged = `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`;
    const strange = await post("/api/passkeys", forged, {
      response: await madeWith(await challengeFor(token), attest),
    });
    expect([strange.status, await strange.json()]).toMatchObject([401, { code: "unauthorized" }]);
    const old = await post("/api/passkeys", token, { response: await madeWith("b2xk", attest) });
    expect(old.status).toBe(401);
    expect(requested).toEqual([]);
  },
);

test("[A19] a self-signed attestation is accepted and treated like none", async () => {
  const token = await claimed();
  const statement = concatBytes([0xa2], cborText("alg"), [0x26], cborText("sig"), [0x41, 0x00]);
  const response = await madeWith(await challengeFor(token), () => Promise.resolve({ format: "packed", statement }));
  expect((await post("/api/passkeys", token, { response })).status).toBe(204);
});

test.each([
  ["nothing", ""],
  ["no CBOR", "____"],
  ["no map", "AQ"],
  ["a map without a statement", "oA"],
])("[A19] an attestation object that is %s is rejected", async (_, object) => {
  const read = await stripAttestation(object).catch(() => null);
  expect(read).toBe(null);
});
