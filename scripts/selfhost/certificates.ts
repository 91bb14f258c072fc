// Which certificates of authorities workerd trusts for https: those of the system, or, where it has none, those that
// were put into the server folder when it was built. Without any, workerd does not start.
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

export const OWN_CERTIFICATES = "certificates.pem";

/** Where Debian, Alpine and Fedora have them. */
const OF_SYSTEM = ["/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem", "/etc/pki/tls/certs/ca-bundle.crt"];

/** The variables that name them, unless the operator set one. */
export function certificateVariables(folder: string, system: readonly string[] = OF_SYSTEM): Record<string, string> {
  if (process.env["SSL_CERT_FILE"] !== undefined || process.env["SSL_CERT_DIR"] !== undefined) return {};
  return { SSL_CERT_FILE: system.find((file) => existsSync(file)) ?? join(folder, OWN_CERTIFICATES) };
}
