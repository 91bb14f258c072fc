// A software authenticator that does what no browser would: it signs any challenge, for any origin, with any counter.
// Its bytes follow Web Authentication Level 3, 6.1 and 6.5, with an ES256 key and by default no attestation.

type Bytes = Uint8Array<ArrayBuffer>;

export interface CeremonyOptions {
  readonly challenge: string;
  readonly origin: string;
  readonly host: string;
  readonly counter: number;
  /** Whether it verified the user. */
  readonly verified?: boolean;
  /** The browser's statement about embedding pages. */
  readonly frame?: { readonly crossOrigin?: boolean; readonly topOrigin?: string };
}

/** An attestation: its format, and the statement as CBOR. */
export interface Attestation {
  readonly format: string;
  readonly statement: Bytes;
}

/** The input of a statement: the new key as DER, and the hash of the client data. */
export interface AttestationInput {
  readonly key: Bytes;
  readonly clientDataHash: Bytes;
}

const NONE: Attestation = { format: "none", statement: Uint8Array.of(0xa0) };

export class Authenticator {
  readonly id: Bytes = crypto.getRandomValues(new Uint8Array(16));
  readonly #keys: CryptoKeyPair;

  private constructor(keys: CryptoKeyPair) {
    this.#keys = keys;
  }

  static async make(): Promise<Authenticator> {
    const kind = { name: "ECDSA", namedCurve: "P-256" };
    return new Authenticator((await crypto.subtle.generateKey(kind, true, ["sign", "verify"])) as CryptoKeyPair);
  }

  /** The result of `navigator.credentials.create`, as JSON. */
  async create(
    how: CeremonyOptions,
    attest: (about: AttestationInput) => Promise<Attestation> = () => Promise.resolve(NONE),
  ): Promise<Record<string, unknown>> {
    const client = clientData("webauthn.create", how);
    const { format, statement } = await attest({
      key: new Uint8Array((await crypto.subtle.exportKey("spki", this.#keys.publicKey)) as ArrayBuffer),
      clientDataHash: new Uint8Array(await crypto.subtle.digest("SHA-256", client)),
    });
    const data = concatBytes(
      await this.#about(how, 0x40),
      new Uint8Array(16),
      [0, this.id.length],
      this.id,
      await this.#cose(),
    );
    const attestationObject = concatBytes(
      [0xa3],
      cborText("fmt"),
      cborText(format),
      cborText("attStmt"),
      statement,
      cborText("authData"),
      [0x58, data.length],
      data,
    );
    const response = {
      clientDataJSON: base64url(client),
      attestationObject: base64url(attestationObject),
      transports: ["internal"],
    };
    return this.#credential(response);
  }

  /** The result of `navigator.credentials.get`, as JSON. */
  async get(how: CeremonyOptions): Promise<Record<string, unknown>> {
    const client = clientData("webauthn.get", how);
    const data = await this.#about(how, 0);
    const signed = concatBytes(data, new Uint8Array(await crypto.subtle.digest("SHA-256", client)));
    const kind = { name: "ECDSA", hash: "SHA-256" };
    const signature = new Uint8Array(await crypto.subtle.sign(kind, this.#keys.privateKey, signed));
    const response = {
      clientDataJSON: base64url(client),
      authenticatorData: base64url(data),
      signature: base64url(der(signature)),
    };
    return this.#credential(response);
  }

  #credential(response: unknown): Record<string, unknown> {
    const id = base64url(this.id);
    return { id, rawId: id, type: "public-key", clientExtensionResults: {}, response };
  }

  async #about({ host, counter, verified = true }: CeremonyOptions, flags: number): Promise<Bytes> {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(host)));
    return concatBytes(hash, [0x01 | (verified ? 0x04 : 0) | flags], [0, 0, counter >> 8, counter & 255]);
  }

  async #cose(): Promise<Bytes> {
    const raw = new Uint8Array((await crypto.subtle.exportKey("raw", this.#keys.publicKey)) as ArrayBuffer);
    const head = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
    return concatBytes(head, raw.slice(1, 33), [0x22, 0x58, 0x20], raw.slice(33));
  }
}

export function base64url(bytes: Bytes): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function clientData(type: string, { challenge, origin, frame = {} }: CeremonyOptions): Bytes {
  return concatBytes(
    new TextEncoder().encode(JSON.stringify({ type, challenge, origin, crossOrigin: false, ...frame })),
  );
}

/** A short text as CBOR. */
export function cborText(word: string): Bytes {
  return concatBytes([0x60 + word.length], new TextEncoder().encode(word));
}

/** Two numbers of 32 bytes in ASN.1. */
export function der(raw: Bytes): Bytes {
  const [r, s] = [raw.slice(0, 32), raw.slice(32)].map((half) => {
    const first = half.findIndex((byte) => byte !== 0);
    const short = half.slice(first);
    const number = (short[0] ?? 0) > 127 ? concatBytes([0], short) : short;
    return concatBytes([0x02, number.length], number);
  });
  const both = concatBytes(r ?? [], s ?? []);
  return concatBytes([0x30, both.length], both);
}

export function concatBytes(...parts: (Iterable<number> | Uint8Array)[]): Bytes {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
