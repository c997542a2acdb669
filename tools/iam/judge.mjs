// Judges IAM requests: a line of JSON on stdin for each batch, a line of JSON on stdout with its verdicts.
//
// in:  { policies: { name: document },
//        requests: [{ principal, action, resource, context: { key: value or list }, secondReading: true or absent }],
//        questions: [{ request: index, identity: [policy names], boundary: [policy names] or absent,
//                      resourcePolicy: a policy's name or absent }] }
// out: [ "Allowed" | "ImplicitlyDenied" | "ExplicitlyDenied" ], one for each question.
//
// A condition key that AWS does not know for the action and resource is left out of the request, as AWS does. A policy
// that IAM would refuse, an action that does not exist or an ARN that the action does not take ends the process; but a
// request by a second reading, where AWS's sources disagree, is judged on the resource it names.
import { createInterface } from "node:readline";
import { createValidatedPolicy, validateIdentityPolicy, validateResourcePolicy } from "@cloud-copilot/iam-policy";
import { isConditionKeyArray, runSimulation, runUnsafeSimulation, typeForContextKey } from "@cloud-copilot/iam-simulate";

// The data takes these for Classic Load Balancers only, whose ARNs have no kind: the other kinds take them as well.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
const INCOMPLETE = new Set(["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"]);

// Nor does it know HTTP APIs, which have a page of their own beside that of REST APIs.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html
const INCOMPLETE_SERVICE = "apigateway:";

// Nor does it know these keys, whose last part is free, or the claim of a token.
const FREE_KEYS = ["kms:EncryptionContext:", "token.actions.githubusercontent.com:"];

// The context of a request as AWS would take it, once it was found that AWS would: without the keys that it ignores.
async function asTaken(context, ignoredKeys) {
  const known = {};
  for (const [key, value] of Object.entries(context)) {
    if (ignoredKeys.includes(key)) continue;
    const values = [value].flat();
    known[key] = isConditionKeyArray(await typeForContextKey(key.toLowerCase())) ? values : values[0];
  }
  return known;
}

// The library compares each operator of a condition so, and a collator made each time is a third of all work.
const accents = new Intl.Collator(undefined, { sensitivity: "accent" });
const localeCompare = String.prototype.localeCompare;
String.prototype.localeCompare = function (other, locales, options) {
  if (locales === undefined && options?.sensitivity === "accent") return accents.compare(this, other);
  return localeCompare.call(this, other, locales, options);
};

// What was found of requests before, in any batch: the keys that AWS ignores in them.
const ignored = new Map();

async function judgeAll({ policies, requests, questions }) {
  const kept = new Map();

  // Validated once, not for each of the thousands of questions.
  function policy(name, document, validate) {
    if (!kept.has(name)) {
      const validated = createValidatedPolicy(document, validate, { name });
      if (validated.errors.length > 0) throw new Error(`policy ${name}: ${JSON.stringify(validated.errors)}`);
      kept.set(name, { name, policy: validated });
    }
    return kept.get(name);
  }

  // What it says of the action's service: the other statements have no say, and take a third of the time.
  function ofService(name, action) {
    const service = action.split(":")[0];
    const part = `${name}, of ${service}`;
    if (!kept.has(part)) {
      policy(name, policies[name], validateIdentityPolicy);
      const Statement = policies[name].Statement.filter(({ Action }) => [Action].flat().some((each) => each === "*" || each.split(":")[0] === service));
      if (Statement.length > 0) policy(part, { ...policies[name], Statement }, validateIdentityPolicy);
      else kept.set(part, undefined);
    }
    return kept.get(part);
  }

  async function judge({ request: index, identity, boundary, resourcePolicy }) {
    const { principal, action, resource, context, secondReading } = requests[index];
    const accountId = resource.split(":")[4] || principal.split(":")[4];
    const simulation = {
      request: { principal, action, resource: { resource, accountId }, contextVariables: context },
      identityPolicies: identity.map((name) => ofService(name, action)).filter(Boolean),
      permissionBoundaryPolicies: boundary?.map((name) => ofService(name, action) || policy(name, policies[name], validateIdentityPolicy)),
      resourcePolicy: resourcePolicy && policy(resourcePolicy, policies[resourcePolicy], validateResourcePolicy).policy,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    };
    if (secondReading || INCOMPLETE.has(action) || action.startsWith(INCOMPLETE_SERVICE) || Object.keys(context).some((key) => FREE_KEYS.some((free) => key.startsWith(free)))) {
      return runUnsafeSimulation(simulation, {});
    }
    const key = JSON.stringify([action, resource, Object.keys(context).sort()]);
    if (ignored.has(key)) {
      simulation.request.contextVariables = await asTaken(context, ignored.get(key));
      return runUnsafeSimulation(simulation, {});
    }
    const answer = await runSimulation(simulation, {});
    if (answer.resultType === "error") throw new Error(`${action} on ${resource}: ${JSON.stringify(answer.errors)}`);
    // Whether AWS would take the request is the same under every policy and for every value, and takes most of the time
    if (answer.resultType === "single" && resource !== "*") ignored.set(key, answer.result.ignoredContextKeys);
    return answer.overallResult;
  }

  const verdicts = [];
  for (const question of questions) verdicts.push(await judge(question));
  return verdicts;
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await judgeAll(JSON.parse(line)))}\n`);
}
