import { describe, expect, test } from "vitest";
import { ConfigError, loadConfig } from "../src/config.js";
import { JWT_SECRET, environment } from "./support.js";

function refusal(overrides: NodeJS.ProcessEnv): string {
  try {
    loadConfig(environment(overrides));
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

const REQUIRED = ["DATABASE_URL", "JWT_SECRET", "SESSION_SECRET", "FRONTEND_BASE_URL", "CORS_ORIGIN"];

describe("loadConfig", () => {
  test.each(REQUIRED)("names %s when it is missing or empty", (name) => {
    const message = `The backend cannot start because of its environment: ${name} is not set.`;
    expect(refusal({ [name]: undefined })).toBe(message);
    expect(refusal({ [name]: "" })).toBe(message);
  });

  test.each([
    ["PORT", "http"],
    ["PORT", "70000"],
    ["DATABASE_URL", "mysql://user:hidden@localhost/db"],
    ["JWT_SECRET", "hidden-but-short"],
    ["SESSION_SECRET", "hidden-but-short"],
    ["FRONTEND_BASE_URL", "javascript:hidden"],
    ["CORS_ORIGIN", "*"],
    ["CORS_ORIGIN", "https://example.org/hidden"],
    ["NODE_ENV", "hidden"],
    ["HOST", "hidden.example"],
    ["TRUSTED_PROXIES", "hidden"],
    ["TRUSTED_PROXIES", "-1"],
    ["CLIENT_ADDRESS_HEADER", "hidden: x"],
  ])("refuses %s=%s without repeating the value", (name, value) => {
    const message = refusal({ [name]: value });
    expect(message).toContain(`: ${name} `);
    expect(message).not.toContain(value === "*" ? "*" : "hidden");
  });

  test.each([
    ["short", "only-31-characters-0123456789ab", "has fewer than 32 characters"],
    ["blank", " ".repeat(40), "has fewer than 32 characters"],
    ["short but for blanks", `${"  ".repeat(10)}only-31-characters-0123456789ab\n\t`, "has fewer than 32 characters"],
    ["one character", "x".repeat(64), "repeats the same few characters"],
    ["two characters", "ab".repeat(32), "repeats the same few characters"],
  ])("refuses a secret that is %s, each of the two", (_case, value, fault) => {
    for (const name of ["JWT_SECRET", "SESSION_SECRET"])
      expect(refusal({ [name]: value })).toContain(`${name} ${fault}`);
  });

  test.each([JWT_SECRET, ` ${JWT_SECRET}`, `${JWT_SECRET}\n`])(
    "refuses two secrets that are the same (%j)",
    (value) => {
      expect(refusal({ SESSION_SECRET: value })).toContain("SESSION_SECRET is the same as JWT_SECRET");
      expect(refusal({ SESSION_SECRET: value })).not.toContain(JWT_SECRET);
    },
  );

  const DATABASE = "postgresql://app:hidden@db.example:5432/app";

  test.each([
    "",
    "?sslmode=disable",
    "?sslmode=require",
    "?sslmode=verify-ca",
    "?sslmode=no-verify",
    "?sslmode=verify-full&sslmode=disable",
    "?sslmode=verify-full&ssl=0",
    "?sslmode=verify-full&uselibpqcompat=true",
    "?sslmode=verify-full&host=/var/run/postgresql",
    "?SSLMODE=verify-full",
  ])("refuses in production a database whose certificate is not verified (%s)", (query) => {
    const DATABASE_URL = `${DATABASE}${query}`;
    expect(refusal({ NODE_ENV: "production", DATABASE_URL })).toMatch(/: DATABASE_URL .*certificate/);
    expect(loadConfig(environment({ NODE_ENV: "development", DATABASE_URL })).DATABASE_URL).toBe(DATABASE_URL);
  });

  test("refuses in production a socket for a database, and a Node that verifies no certificate", () => {
    const DATABASE_URL = "postgresql://app:hidden@%2Ftmp/app?sslmode=verify-full";
    expect(refusal({ NODE_ENV: "production", DATABASE_URL })).toContain(": DATABASE_URL ");
    const overrides = { NODE_ENV: "production", DATABASE_URL: `${DATABASE}?sslmode=verify-full` };
    expect(loadConfig(environment(overrides)).NODE_ENV).toBe("production");
    expect(refusal({ ...overrides, NODE_TLS_REJECT_UNAUTHORIZED: "0" })).toContain(
      ": NODE_TLS_REJECT_UNAUTHORIZED is 0",
    );
  });

  test("puts every fault into one line", () => {
    expect(refusal({ JWT_SECRET: "short", CORS_ORIGIN: undefined })).toBe(
      "The backend cannot start because of its environment: " +
        "JWT_SECRET has fewer than 32 characters, CORS_ORIGIN is not set.",
    );
  });

  test("fills in defaults and tidies addresses", () => {
    const config = loadConfig(
      environment({
        APP_REVISION: undefined,
        NODE_ENV: undefined,
        FRONTEND_BASE_URL: "https://example.org/",
        CORS_ORIGIN: "https://a.example/, http://localhost:3000",
      }),
    );
    expect(config).toMatchObject({
      PORT: 4000,
      TRUSTED_PROXIES: 1,
      CLIENT_ADDRESS_HEADER: "X-Forwarded-For",
      APP_REVISION: "unknown",
      NODE_ENV: "development",
      FRONTEND_BASE_URL: "https://example.org",
      CORS_ORIGIN: ["https://a.example", "http://localhost:3000"],
    });
  });
});
