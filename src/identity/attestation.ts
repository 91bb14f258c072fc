// Attestation: an authenticator's statement about itself when it makes a passkey. It is not used here. To verify it,
// a library would fetch revocation lists from addresses that the certificates name. So only passkeys without
// attestation are accepted, the library gets no other, and its fetch is disabled.

type Library = typeof import("@simplewebauthn/server");

/** The library's only module that fetches. The package (14.0.3) does not export it, so it is imported by path. */
const importFetchHelper = () => import("../../node_modules/@simplewebauthn/server/esm/helpers/fetch.js");

/** Loads the library on first use, because it is large and rarely needed. Its fetch is replaced by an error. */
export async function loadLibrary(): Promise<Library> {
  const [server, { _fetchInternals }] = await Promise.all([import("@simplewebauthn/server"), importFetchHelper()]);
  _fetchInternals.stubThis = () => Promise.reject(new Error("nothing is fetched for a passkey"));
  return server;
}

/**
 * The attestation object without a statement, base64url; null if it has a certificate, or a format other than `none`.
 * Self-attestation (`packed`, signed with the passkey itself) proves no more than `none`, and browsers do not convert
 * it (Web Authentication, 5.1.3): its signature is dropped.
 */
export async function stripAttestation(text: string): Promise<string | null> {
  const { isoBase64URL, isoCBOR } = await import("@simplewebauthn/server/helpers");
  const attestation: unknown = isoCBOR.decodeFirst(isoBase64URL.toBuffer(text));
  if (!(attestation instanceof Map)) return null;
  const [format, statement, data] = ["fmt", "attStmt", "authData"].map((key): unknown => attestation.get(key));
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
