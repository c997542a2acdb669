// Preloaded into every Node.js of a task. What would listen on each address of the task listens on loopback, where other
// computers cannot reach it, and its port is noted beside this file. So what listens on loopback without a note asked for
// that, and on AWS no load balancer could reach it. What listens on the container's port, whatever PORT says, gets the
// local one, of which ports.json has the number.
"use strict";
const { appendFileSync, readFileSync } = require("node:fs");
const { Server } = require("node:net");
const { hostname } = require("node:os");
const { join } = require("node:path");

const EVERY_ADDRESS = new Set([undefined, null, "", "0.0.0.0", "::", "[::]", "0", "::0"]);
// On Fargate the task's own name is its address in the VPC; here your computer's name may be one of loopback
if (hostname() !== "localhost") EVERY_ADDRESS.add(hostname());
const NOTES = join(__dirname, "listens-everywhere");
const PORTS = JSON.parse(readFileSync(join(__dirname, "ports.json"), "utf8"));
const asked = new WeakMap();
const { address, listen } = Server.prototype;

const locally = (port) => PORTS[port] ?? port;
const isPort = (value) => value == null || typeof value === "function" || !Number.isNaN(Number(value));

/** The arguments of a `listen` for loopback; null where they name no port, or one address. */
function onLoopback([first, second, ...rest]) {
  if (typeof first === "object" && first !== null) {
    const isTcp = "port" in first && first.path === undefined && EVERY_ADDRESS.has(first.host);
    return isTcp ? [{ ...first, port: locally(first.port), host: "127.0.0.1" }, second, ...rest] : null;
  }
  if (!isPort(first) || (typeof second === "string" && !EVERY_ADDRESS.has(second))) return null;
  if (typeof first === "function") return [0, "127.0.0.1", first];
  return [locally(first) ?? 0, "127.0.0.1", ...(typeof second === "string" ? rest : [second, ...rest])];
}

Server.prototype.listen = function (...given) {
  asked.delete(this);
  const local = onLoopback(given);
  if (!local) return listen.apply(this, given);
  const host = (typeof given[0] === "object" && given[0] ? given[0].host : given[1]) || "::";
  asked.set(this, host === "0.0.0.0" ? { address: host, family: "IPv4" } : { address: "::", family: "IPv6" });
  this.once("listening", () => {
    const { port } = address.call(this) ?? {};
    if (port) appendFileSync(NOTES, `${port}\n`);
  });
  return listen.apply(this, local);
};

/** As on AWS: frameworks print it, and make URLs of it. */
Server.prototype.address = function () {
  const found = address.call(this);
  return found && typeof found === "object" && asked.has(this) ? { ...found, ...asked.get(this) } : found;
};
