// What an authenticator says of itself when it makes a passkey. Nobody here wants to know it, and to verify it a library would ask other
// servers for lists of revoked certificates, at addresses that the certificates name. So only passkeys that say nothing are taken, the
// library is handed nothing else, and it has no way to ask anybody.

type Library = typeof import("@simplewebauthn/server");

/** The one place where the library fetches. It exports no way to reach it (seen with 14.0.3), so it is reached by its file. */
const importFetchHelper = () => import("../../node_modules/@simplewebauthn/server/esm/helpers/fetch.js");

/** The library: large and seldom needed, so it is loaded when it is. It cannot fetch. */
export async function loadLibrary(): Promise<Library> {
  const [server, { _fetchInternals }] = await Promise.all([import("@simplewebauthn/server"), importFetchHelper()]);
  _fetchInternals.stubThis = () => Promise.reject(new Error("nothing is fetched for a passkey"));
  return server;
}

/**
 * The attestation object with nothing of what the authenticator says of itself, base64url; null where it has a certificate, or is of
 * another kind than `none`. An authenticator that signed it with the passkey itself says no more than `none`, and browsers leave that as
 * it is (Web Authentication, 5.1.3): the signature is dropped.
 */
export async function stripAttestation(text: string): Promise<string | null> {
  const { isoBase64URL, isoCBOR } = await import("@simplewebauthn/server/helpers");
  const read: unknown = isoCBOR.decodeFirst(isoBase64URL.toBuffer(text));
  if (!(read instanceof Map)) return null;
  const [format, statement, data] = ["fmt", "attStmt", "authData"].map((key): unknown => read.get(key));
  if (!(statement instanceof Map) || !(data instanceof Uint8Array)) return null;
  const isNone = format === "none" && statement.size === 0;
  const isSelf = format === "packed" && [...statement.keys()].every((key) => key === "alg" || key === "sig");
  if (!isNone && !isSelf) return null;
  const plain = isoCBOR.encode(
    new Map<string, string | Uint8Array | Map<string, never>>([
      ["fmt", "none"],
      ["attStmt", new Map<string, never>()],
      ["authData", data],
    ]),
  );
  return isoBase64URL.fromBuffer(plain);
}
