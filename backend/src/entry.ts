import { ConfigError, loadConfig, type Config } from "./config.js";

/** Ends the process with one line on standard error. */
export function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** The settings of this process; ends it when one is missing or not valid. */
export function readConfig(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message);
    throw error;
  }
}
