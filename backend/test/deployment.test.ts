import { X509Certificate } from "node:crypto";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

test("the migrations make exactly the schema", () => {
  const diff = "migrate diff --from-migrations prisma/migrations --to-schema prisma/schema.prisma --exit-code";
  const { status, stdout, stderr } = spawnSync("npx", ["--no-install", "prisma", ...diff.split(" ")], {
    encoding: "utf8",
  });
  expect(status, stdout + stderr).toBe(0);
});

test("the RDS certificate authorities are valid, regional, and written for Node and for the system", () => {
  const folder = mkdtempSync(join(tmpdir(), "rds-ca-"));
  try {
    const { status, stderr } = spawnSync(process.execPath, ["scripts/write-rds-ca.mjs", folder], { encoding: "utf8" });
    expect(status, stderr).toBe(0);
    const files = readdirSync(join(folder, "rds"));
    expect(files).toContain("rds-us-east-1-RSA2048-G1.crt");
    expect(files).toContain("rds-eu-central-1-ECC384-G1.crt");
    const single = files.map((file) => readFileSync(join(folder, "rds", file), "utf8"));
    expect(readFileSync(join(folder, "rds-ca.pem"), "utf8")).toBe(single.join(""));
    for (const pem of single) {
      const { ca, subject, validTo } = new X509Certificate(pem);
      expect(ca).toBe(true);
      expect(subject).not.toMatch(/beta|preview/i);
      expect(new Date(validTo).getTime()).toBeGreaterThan(Date.now());
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
