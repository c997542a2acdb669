// `node dist/administrator-link.js`, in the server's environment, prints a link that creates an administrator.
// Ends with 0 and the link as the only line of standard output; or with 1, one line of standard error and no link.
import { pino } from "pino";
import { createAdministratorLink } from "./accounts/administrator-link.js";
import { createTokens } from "./accounts/tokens.js";
import { isUnreachable, openDatabase } from "./database.js";
import { fail, readConfig } from "./entry.js";

const config = readConfig();
const database = openDatabase(config.DATABASE_URL, pino({ level: "silent" }));
try {
  const link = await createAdministratorLink({
    config,
    prisma: database.prisma,
    tokens: createTokens(config.JWT_SECRET),
  });
  process.stdout.write(`${link}\n`);
} catch (error) {
  const reason = isUnreachable(error) ? "the database is unreachable" : "its tables are not as this release expects";
  fail(`No link was created: ${reason}. Check that a backend task is running and healthy, then try again.`);
} finally {
  await database.close();
}
