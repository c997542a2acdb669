import { describe, expect, test } from "vitest";
import { ConfigError, loadConfig } from "../src/config.js";
import { environment } from "./support.js";

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
    const sentence = `The backend cannot start because of its environment: ${name} is not set.`;
    expect(refusal({ [name]: undefined })).toBe(sentence);
    expect(refusal({ [name]: "" })).toBe(sentence);
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
  ])("refuses %s=%s without repeating the value", (name, value) => {
    const message = refusal({ [name]: value });
    expect(message).toContain(`: ${name} `);
    expect(message).not.toContain(value === "*" ? "*" : "hidden");
  });

  test("puts every fault into one sentence", () => {
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
      APP_REVISION: "unknown",
      NODE_ENV: "development",
      FRONTEND_BASE_URL: "https://example.org",
      CORS_ORIGIN: ["https://a.example", "http://localhost:3000"],
    });
  });
});
