// @vitest-environment node
import { NextRequest } from "next/server";
import { afterEach, expect, test, vi } from "vitest";
import { contentSecurityPolicy } from "../server/content-security-policy";
import { proxy } from "../proxy";

afterEach(() => vi.unstubAllEnvs());

const policyOf = (response: Response) => response.headers.get("Content-Security-Policy") ?? "";
const nonceOf = (policy: string) => /'nonce-([^']+)'/.exec(policy)?.[1];
const directive = (policy: string, name: string) => policy.split("; ").find((part) => part.startsWith(`${name} `));

test("names the revision that answers", () => {
  vi.stubEnv("APP_REVISION", "abc123");
  expect(proxy(new NextRequest("http://site.example/")).headers.get("X-Revision")).toBe("abc123");
});

test("gives each page a nonce of its own, and tells Next of it", () => {
  const [first, second] = [1, 2].map(() => proxy(new NextRequest("http://site.example/")));
  const nonce = nonceOf(policyOf(first as Response));
  expect(nonce).toMatch(/^[A-Za-z0-9+/]{22}==$/);
  expect(nonceOf(policyOf(second as Response))).not.toBe(nonce);
  expect(first?.headers.get("x-middleware-request-content-security-policy")).toContain(`'nonce-${nonce}'`);
});

test("allows calls to the API whose address the container is given, and to no other", () => {
  vi.stubEnv("API_URL", "https://api.example/below");
  const policy = policyOf(proxy(new NextRequest("http://site.example/")));
  expect(directive(policy, "connect-src")).toBe("connect-src 'self' https://api.example");
});

test.each(["", "/below", "not a url"])("allows calls to its own site only where the API is at %j", (apiUrl) => {
  expect(directive(contentSecurityPolicy("'nonce-n'", apiUrl), "connect-src")).toBe("connect-src 'self'");
});

test("allows nothing unsafe but in development", () => {
  expect(contentSecurityPolicy("'nonce-n'", "")).not.toContain("unsafe");
  expect(contentSecurityPolicy("'nonce-n'", "", true)).toContain("'unsafe-eval'");
  expect(contentSecurityPolicy("'nonce-n'", "")).toContain("default-src 'none'");
});
