import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compress, etagOf, type Answer } from "./answers.ts";
import { contentSecurityPolicy } from "./content-security-policy.ts";

const INLINE_SCRIPT = /<script(?:\s(?![^>]*\bsrc=)[^>]*)?>([\s\S]*?)<\/script>/g;

const escape = (text: string) => text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");

/** What the policy says of a page's own scripts: the hash of each, so that no other one runs. */
export function hashScripts(html: string): string {
  const hashes = [...html.matchAll(INLINE_SCRIPT)].map(
    ([, script = ""]) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`,
  );
  return [...new Set(hashes)].join(" ");
}

/** A page that was rendered when the image was built, with the address of this environment's API. */
export function pageOf(built: string, apiUrl: string, status: number, headers: Record<string, string>): Answer {
  const html = built.replace(/^(<!DOCTYPE html><html[^>]*? data-api-url=)"[^"]*"/, (_, start: string) => `${start}"${escape(apiUrl)}"`);
  const body = Buffer.from(html);
  return {
    status,
    bodies: compress(body),
    headers: {
      ...headers,
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": contentSecurityPolicy(hashScripts(html), apiUrl),
      "Cache-Control": "no-cache",
      // Next's client asks for the same addresses, but for something else
      Vary: "rsc, next-router-state-tree, next-router-prefetch, next-router-segment-prefetch, Accept-Encoding",
      ETag: etagOf(body),
    },
  };
}

interface Manifests {
  /** Path of each prerendered page to the status it is sent with. */
  pages: Map<string, number>;
  /** Every path that Next answers. */
  routes: RegExp[];
}

function readManifests(build: string): Manifests {
  const read = (name: string) => JSON.parse(readFileSync(join(build, name), "utf8")) as unknown;
  const { routes } = read("prerender-manifest.json") as { routes: Record<string, { initialStatus?: number }> };
  const { staticRoutes, dynamicRoutes } = read("routes-manifest.json") as Record<string, { regex: string }[]>;
  return {
    pages: new Map(Object.entries(routes).map(([path, { initialStatus }]) => [path, initialStatus ?? 200])),
    routes: [...(staticRoutes ?? []), ...(dynamicRoutes ?? [])].map(({ regex }) => new RegExp(regex)),
  };
}

/** The pages that are the same for everybody by their path, the one for all other paths, and the paths of the rest. */
export function loadPages(build: string, apiUrl: string, headers: Record<string, string>) {
  const { pages, routes } = readManifests(build);
  const load = (path: string, status: number) =>
    pageOf(readFileSync(join(build, "server/app", path === "/" ? "index.html" : `${path}.html`), "utf8"), apiUrl, status, headers);
  const shown = [...pages].filter(([path]) => !path.startsWith("/_"));
  return {
    pages: new Map(shown.map(([path, status]) => [path, load(path, status)])),
    notFound: load("/_not-found", 404),
    isRendered: (path: string) => routes.some((route) => route.test(path)),
  };
}
