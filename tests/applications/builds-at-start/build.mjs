// Puts the address of the API into the page when the container starts, and takes its time, as a bundler does.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

await setTimeout(1000 * Number(process.env.BUILD_SECONDS ?? 90));
const page = await readFile("pages/index.html", "utf8");
await mkdir("site", { recursive: true });
await writeFile("site/index.html", page.replace("__API__", process.env.PUBLIC_API_URL));
