import { z } from "zod";

const parsesAs = (value: string, protocols: string[]) =>
  URL.canParse(value) && protocols.includes(new URL(value).protocol);

function isWebAddress(value: string): boolean {
  if (!parsesAs(value, ["http:", "https:"])) return false;
  const { username, password, search, hash } = new URL(value);
  return [username, password, search, hash].every((part) => part === "");
}

const isOrigin = (value: string) => isWebAddress(value) && new URL(value).pathname === "/";

/** What a variable has to be, in the words that follow its name in the error sentence. */
const variable = (expected: string, isValid: (value: string) => boolean) =>
  z.string({ error: (issue) => (issue.input === undefined ? "is not set" : expected) }).refine(isValid, expected);

const secret = () => variable("has fewer than 32 characters", (value) => value.length >= 32);

const schema = z.object({
  PORT: variable("is not a port number", (value) => /^\d{1,5}$/.test(value) && Number(value) <= 65_535)
    .default("4000")
    .transform(Number),
  DATABASE_URL: variable("is not a postgresql:// URL", (value) => parsesAs(value, ["postgresql:", "postgres:"])),
  JWT_SECRET: secret(),
  SESSION_SECRET: secret(),
  FRONTEND_BASE_URL: variable("is not an http:// or https:// URL", isWebAddress).transform((value) =>
    value.replace(/\/+$/, ""),
  ),
  CORS_ORIGIN: variable("is not a comma-separated list of origins such as https://example.org", (value) =>
    value.split(",").every((origin) => isOrigin(origin.trim())),
  ).transform((value) => value.split(",").map((origin) => new URL(origin.trim()).origin)),
  APP_REVISION: z.string().default("unknown"),
  NODE_ENV: variable("is not development, test or production", (value) =>
    ["development", "test", "production"].includes(value),
  ).default("development"),
});

export type Config = z.infer<typeof schema>;

/** The environment lacks something; the message is one sentence that names variables and never a value. */
export class ConfigError extends Error {}

/** Reads the settings from environment variables; an empty variable counts as not set. Throws ConfigError. */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
  throw new ConfigError(`The backend cannot start because of its environment: ${faults.join(", ")}.`);
}
