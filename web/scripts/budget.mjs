/** Fails when the gzipped build outgrows the budgets of the viewer's specification. Run after `npm run build`. */
import { readdir, readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const KB = 1000;
const folder = new URL("../dist/app/", import.meta.url);
const html = await readFile(new URL("index.html", folder), "utf8");
const assets = (await readdir(new URL("assets/", folder))).filter((name) => /\.(js|css)$/.test(name));

const gzipped = async (name) => gzipSync(await readFile(new URL(`assets/${name}`, folder)), { level: 9 }).length;

/** These scripts and what they import statically. */
async function closure(names) {
  const found = new Set(names);
  for (const name of found) {
    const source = await readFile(new URL(`assets/${name}`, folder), "utf8");
    for (const [, imported] of source.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) found.add(imported);
  }
  return [...found];
}

async function total(names) {
  let bytes = 0;
  for (const name of names) bytes += await gzipped(name);
  return bytes;
}

// What a browser loads before the first screen of a viewer: the scripts that the page names.
const first = await closure(assets.filter((name) => name.endsWith(".js") && html.includes(name)));
// What an organizer loads beyond that, before a first page: the entry of the console, found by what only it says.
const entries = [];
for (const name of assets.filter((each) => /^main-.*\.js$/.test(each))) {
  if ((await readFile(new URL(`assets/${name}`, folder), "utf8")).includes("/api/admin/login")) entries.push(name);
}
const organizer = (await closure(entries)).filter((name) => !first.includes(name));
// A viewer's first load must not hold the console, whatever its size.
for (const name of first) {
  if ((await readFile(new URL(`assets/${name}`, folder), "utf8")).includes("/api/admin/")) {
    console.log(`FAIL first load: ${name} holds the console`);
    process.exitCode = 1;
  }
}
const starting = (prefix) => assets.filter((name) => name.startsWith(prefix) && name.endsWith(".js"));
const budgets = [
  ["first load", 100, first],
  ["style of the first load", 12, assets.filter((name) => name.endsWith(".css") && html.includes(name))],
  ["player", 25, starting("player-screen-")],
  ["hls.js", 190, assets.filter((name) => /^hls-/.test(name) && name.endsWith(".js") && !first.includes(name))],
  ["hls.js worker", 45, starting("hls.worker-")],
  ["console", 150, organizer],
  ["style of the console", 12, assets.filter((name) => /^main-.*\.css$/.test(name))],
  ["chart of the console", 30, starting("chart-")],
  ["ticket sheet", 10, starting("sheet-")],
];

let failed = false;
for (const [what, limit, names] of budgets) {
  const size = await total(names);
  const ok = names.length > 0 && size <= limit * KB;
  failed ||= !ok;
  console.log(
    `${ok ? "ok  " : "FAIL"} ${what}: ${(size / KB).toFixed(1)} of ${limit} KB gzip (${names.join(", ") || "nothing found"})`,
  );
}
if (failed) process.exitCode = 1;
