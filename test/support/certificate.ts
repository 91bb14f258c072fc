// Certificates as an attacker would make them: a chain of two for an authenticator's key, which names a URL for its
// revocation lists. ASN.1 is written by hand, to need no package (RFC 5280, 4.1; Android Key Attestation,
// KeyDescription).
import { type Attestation, type AttestationInput, der, concatBytes, cborText } from "./authenticator.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const ECDSA_SHA256 = node(0x30, [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);
const VERSION_3 = node(0xa0, [0x02, 0x01, 0x02]);
const DISTRIBUTION_POINTS = [0x06, 0x03, 0x55, 0x1d, 0x1f];
const KEY_DESCRIPTION = [0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x01, 0x11];

/** An attestation of this format, with a chain whose certificates name `list` as the URL of their revocation list. */
export async function attestationWithChain(
  format: string,
  list: string,
  { key, clientDataHash }: AttestationInput,
): Promise<Attestation> {
  const kind = { name: "ECDSA", namedCurve: "P-256" };
  const root = (await crypto.subtle.generateKey(kind, true, ["sign", "verify"])) as CryptoKeyPair;
  const rootKey = new Uint8Array((await crypto.subtle.exportKey("spki", root.publicKey)) as ArrayBuffer);
  const points = extension(DISTRIBUTION_POINTS, node(0x30, node(0x30, node(0xa0, node(0xa0, ascii(0x86, list))))));
  const described = extension(KEY_DESCRIPTION, keyDescription(clientDataHash));
  const leaf = await certificate({ key, name: "leaf", extensions: [described, points] }, root.privateKey);
  const anchor = await certificate({ key: rootKey, name: "root", extensions: [points] }, root.privateKey);
  const sig = bytes(new Uint8Array(70));
  const statement = concatBytes(
    [0xa3],
    cborText("alg"),
    [0x26],
    cborText("sig"),
    sig,
    cborText("x5c"),
    [0x82],
    bytes(leaf),
    bytes(anchor),
  );
  return { format, statement };
}

interface CertificateOptions {
  readonly key: Bytes;
  readonly name: string;
  readonly extensions: readonly Bytes[];
}

/** A certificate issued by `root` and signed with its key. */
async function certificate({ key, name, extensions }: CertificateOptions, signer: CryptoKey): Promise<Bytes> {
  const serial = concatBytes([0x02, 0x09, 0x01], crypto.getRandomValues(new Uint8Array(8)));
  const validity = node(0x30, ascii(0x17, "200101000000Z"), ascii(0x17, "491231235959Z"));
  const about = [VERSION_3, serial, ECDSA_SHA256, named("root"), validity, named(name), key];
  const signed = node(0x30, ...about, node(0xa3, node(0x30, ...extensions)));
  const raw = new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, signer, signed));
  return node(0x30, signed, ECDSA_SHA256, node(0x03, [0], der(raw)));
}

function named(name: string): Bytes {
  return node(0x30, node(0x31, node(0x30, [0x06, 0x03, 0x55, 0x04, 0x03], ascii(0x0c, name))));
}

function keyDescription(challenge: Bytes): Bytes {
  const versions = [0x02, 0x01, 0x03, 0x0a, 0x01, 0x01, 0x02, 0x01, 0x04, 0x0a, 0x01, 0x01];
  return node(0x30, versions, node(0x04, challenge), node(0x04), node(0x30), node(0x30));
}

function extension(oid: readonly number[], value: Bytes): Bytes {
  return node(0x30, oid, node(0x04, value));
}

function ascii(tag: number, value: string): Bytes {
  return node(tag, new TextEncoder().encode(value));
}

/** An ASN.1 node: its tag, length and content. */
function node(tag: number, ...parts: (Iterable<number> | Uint8Array)[]): Bytes {
  const inside = concatBytes(...parts);
  const { length } = inside;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return concatBytes([tag], size, inside);
}

/** A byte string as CBOR. */
function bytes(value: Bytes): Bytes {
  const { length } = value;
  return concatBytes(length < 256 ? [0x58, length] : [0x59, length >> 8, length & 255], value);
}
