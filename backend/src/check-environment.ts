// Run by entrypoint.sh before anything connects to the database: ends with 1 and one line when a setting is not valid.
import { readConfig } from "./entry.js";

readConfig();
