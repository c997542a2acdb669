#!/usr/bin/env -S node --no-warnings
// Prisma's schema engine for machines where the native one cannot be downloaded: the same
// engine, compiled to WebAssembly and published as @prisma/schema-engine-wasm, behind the
// protocol (JSON-RPC lines on standard input and output) the Prisma CLI speaks to the native one.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import pg from "pg";
import { parse as parseConnectionString } from "pg-connection-string";

const NO_DATABASE = "This schema engine, compiled to WebAssembly, needs a database for every command: set DATABASE_URL.";
const ENGINE_MODULE = "@prisma/schema-engine-wasm/schema_engine_bg";
const engineFolder = dirname(createRequire(import.meta.url).resolve(ENGINE_MODULE));

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    datamodels: { type: "string", multiple: true, default: [] },
    datasource: { type: "string" },
    "enabled-preview-features": { type: "string" },
    "extension-types": { type: "string" },
    version: { type: "boolean" },
  },
});

/** Ends the process with an error in the form the CLI reads from the native engine. */
function fail(message, code) {
  const line = { level: "ERROR", target: "schema_engine::logger", fields: { message, error_code: code } };
  process.stderr.write(`\n${JSON.stringify(line)}\n`);
  process.exit(1);
}

/** `schema-engine cli can-connect-to-database` and `cli create-database`. */
async function runCommand(command, url) {
  const database = decodeURIComponent(url.pathname.slice(1));
  const creates = command === "create-database";
  const target = new URL(url);
  if (creates) target.pathname = "/postgres";
  const client = new pg.Client({ connectionString: target.href });
  try {
    await client.connect();
    if (creates) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
    await client.end();
  } catch (error) {
    if (error.code === "3D000") fail(`Database \`${database}\` does not exist`, "P1003");
    if (error.code === "28P01") fail(`Authentication failed for \`${url.username}\``, "P1000");
    fail(`Can't reach database server at \`${url.host}\`: ${error.message}`, "P1001");
  }
}

async function loadEngine() {
  const bindings = await import(ENGINE_MODULE);
  const module = new WebAssembly.Module(readFileSync(join(engineFolder, "schema_engine_bg.wasm")));
  const { exports } = new WebAssembly.Instance(module, { "./schema_engine_bg.js": bindings });
  bindings.__wbg_set_wasm(exports);
  exports.__wbindgen_start();
  return bindings.SchemaEngine;
}

const CHAR_OID = 18;
const TEXT_OID = 25;

function charAsText(result) {
  for (const field of result?.fields ?? []) if (field.dataTypeID === CHAR_OID) field.dataTypeID = TEXT_OID;
  return result;
}

/** The engine reads Postgres's one-byte "char" from the catalogues; the adapter knows no such type. */
class CatalogClient extends pg.Client {
  query(config, values, callback) {
    if (typeof callback === "function") {
      return super.query(config, values, (error, result) => callback(error, charAsText(result)));
    }
    const pending = super.query(config, values, callback);
    return typeof pending?.then === "function" ? pending.then(charAsText) : pending;
  }
}

/** The driver through which the engine reaches Postgres. */
function createAdapter(url) {
  // Separate fields, not a connection string: the adapter sets `database` to reach the shadow
  // database, and pg lets a connection string win over it.
  const fields = { ...parseConnectionString(url.href), Client: CatalogClient };
  const factory = new PrismaPg(fields, { schema: url.searchParams.get("schema") ?? undefined });
  // The adapter drops the shadow database before it closes its own pool on it, which Postgres refuses.
  const { connectToShadowDb } = Object.getPrototypeOf(factory);
  factory.connectToShadowDb = async () => {
    const shadow = await connectToShadowDb.call(factory);
    const pool = shadow.underlyingDriver();
    const end = pool.end.bind(pool);
    const dispose = shadow.dispose.bind(shadow);
    shadow.dispose = async () => {
      await end();
      pool.end = async () => {};
      await dispose();
    };
    return shadow;
  };
  return bindMigrationAwareSqlAdapterFactory(factory);
}

const send = (message) =>
  new Promise((sent) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`, sent));

/** Answers the CLI's requests in order until it closes standard input. */
async function serve(url) {
  const SchemaEngine = await loadEngine();
  const adapter = url && createAdapter(url);
  const datamodels = options.datamodels.map((path) => [path, readFileSync(path, "utf8")]);
  const schema = { datamodels: datamodels.length > 0 ? datamodels : undefined };
  let engine;
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, method, params } = JSON.parse(line);
    if (!method) continue; // the CLI's acknowledgement of a `print`
    try {
      if (!adapter) throw new Error(NO_DATABASE);
      engine ??= await SchemaEngine.new(schema, (entry) => process.stderr.write(`${entry}\n`), adapter);
      const result = await engine[method === "getDatabaseVersion" ? "version" : method](params);
      if (method === "diff" && result?.stdout != null) {
        await send({ id: 0, method: "print", params: { content: result.stdout } });
      }
      await send({ id, result: result ?? null });
    } catch (error) {
      const data = { is_panic: false, message: error.message, meta: null, error_code: error.code };
      await send({ id, error: { code: 4466, message: "An error happened. Check the data field for details.", data } });
    }
  }
}

if (options.version) {
  const { version } = JSON.parse(readFileSync(join(engineFolder, "package.json"), "utf8"));
  console.log(`schema-engine-wasm ${version}`);
} else {
  const { url } = JSON.parse(options.datasource ?? "{}");
  const database = URL.canParse(url) ? new URL(url) : null;
  if (positionals[0] !== "cli") await serve(database);
  else if (database) await runCommand(positionals[1], database);
  else fail(NO_DATABASE);
}
process.exit(0);
