import { pino } from "pino";
import { createApp, type Application } from "../src/app.js";
import { loadConfig, type Config } from "../src/config.js";

export const JWT_SECRET = "jwt-secret-for-the-tests-0123456789abcdef";
export const SESSION_SECRET = "session-secret-for-the-tests-0123456789";
export const CORS_ORIGIN = "http://shop.example";

/** A complete environment; the database is the one the tests were given. */
export const environment = (overrides: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  DATABASE_URL: process.env.DATABASE_URL,
  JWT_SECRET,
  SESSION_SECRET,
  FRONTEND_BASE_URL: "http://localhost:3000",
  CORS_ORIGIN,
  APP_REVISION: "r1",
  NODE_ENV: "test",
  ...overrides,
});

export const testConfig = (overrides: NodeJS.ProcessEnv = {}): Config => loadConfig(environment(overrides));

export const testApp = (overrides: NodeJS.ProcessEnv = {}): Application =>
  createApp(testConfig(overrides), pino({ level: "silent" }));

export interface ReportBody {
  id: string;
  title: string;
  description: string;
  state: string;
  createdAt: string;
  followUpUrl: string;
}

export const tokenOf = ({ followUpUrl }: ReportBody): string => new URL(followUpUrl).searchParams.get("token") ?? "";
