import { isIP } from "node:net";
import { z } from "zod";

const parsesAs = (value: string, protocols: string[]) =>
  URL.canParse(value) && protocols.includes(new URL(value).protocol);

function isWebAddress(value: string): boolean {
  if (!parsesAs(value, ["http:", "https:"])) return false;
  const { username, password, search, hash } = new URL(value);
  return [username, password, search, hash].every((part) => part === "");
}

const isOrigin = (value: string) => isWebAddress(value) && new URL(value).pathname === "/";

/** Whether pg checks the database's certificate and name. Other values of sslmode do not, or will not in pg 9. */
function isVerified(databaseUrl: string): boolean {
  const { searchParams, hostname } = new URL(databaseUrl);
  const others = [...searchParams.keys()].filter((name) => name !== "sslmode" && name !== "sslrootcert");
  const modes = searchParams.getAll("sslmode");
  // An encoded slash would make the host a socket's path
  return (
    hostname !== "" &&
    !hostname.includes("%") &&
    modes.join() === "verify-full" &&
    !others.some((name) => /^(ssl|host|uselibpqcompat)/i.test(name))
  );
}

/** A variable, and the words that follow its name in the error message when it is not valid. */
const variable = (fault: string, isValid: (value: string) => boolean) =>
  z.string({ error: (issue) => (issue.input === undefined ? "is not set" : fault) }).refine(isValid, fault);

const isLong = (value: string) => value.trim().length >= 32;

const secret = () =>
  variable("has fewer than 32 characters", isLong).refine(
    (value) => !isLong(value) || new Set(value).size >= 8,
    "repeats the same few characters",
  );

const schema = z
  .object({
    PORT: variable("is not a port number", (value) => /^\d{1,5}$/.test(value) && Number(value) <= 65_535)
      .default("4000")
      .transform(Number),
    // Where to listen; every address unless set
    HOST: variable("is not an IP address", (value) => isIP(value) !== 0).optional(),
    // How many proxies are in front, and the header in which they note who called them; see http/client-address.ts
    TRUSTED_PROXIES: variable("is not a number from 0 to 9", (value) => /^\d$/.test(value))
      .default("1")
      .transform(Number),
    CLIENT_ADDRESS_HEADER: variable("is not the name of a header", (value) => /^[a-z][a-z0-9-]*$/i.test(value)).default(
      "X-Forwarded-For",
    ),
    // How many connections a process opens at most; the deployment divides the database's among its tasks
    DATABASE_POOL_SIZE: variable("is not a number from 1 to 999", (value) => /^[1-9]\d{0,2}$/.test(value))
      .default("10")
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
    NODE_TLS_REJECT_UNAUTHORIZED: z.string().optional(),
  })
  .refine(({ JWT_SECRET, SESSION_SECRET }) => JWT_SECRET.trim() !== SESSION_SECRET.trim(), {
    path: ["SESSION_SECRET"],
    error: "is the same as JWT_SECRET",
  })
  .refine(({ NODE_ENV, DATABASE_URL }) => NODE_ENV !== "production" || isVerified(DATABASE_URL), {
    path: ["DATABASE_URL"],
    error: "does not have the database's certificate verified (it needs sslmode=verify-full)",
  })
  .refine(
    ({ NODE_ENV, NODE_TLS_REJECT_UNAUTHORIZED }) => NODE_ENV !== "production" || NODE_TLS_REJECT_UNAUTHORIZED !== "0",
    {
      path: ["NODE_TLS_REJECT_UNAUTHORIZED"],
      error: "is 0, so that no certificate is verified",
    },
  );

export type Config = z.infer<typeof schema>;

/** The environment is not complete; the message is one line that names variables and never a value. */
export class ConfigError extends Error {}

/** Reads the settings from environment variables; an empty variable counts as not set. Throws ConfigError. */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
  throw new ConfigError(`The backend cannot start because of its environment: ${faults.join(", ")}.`);
}
