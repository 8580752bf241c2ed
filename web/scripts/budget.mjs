/** Fails when the gzipped build outgrows the budgets of the viewer's specification. Run after `npm run build`. */
import { readdir, readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const KB = 1000;
const folder = new URL("../dist/app/", import.meta.url);
const html = await readFile(new URL("index.html", folder), "utf8");
const assets = (await readdir(new URL("assets/", folder))).filter((name) => /\.(js|css)$/.test(name));

const gzipped = async (name) => gzipSync(await readFile(new URL(`assets/${name}`, folder)), { level: 9 }).length;

/** The scripts a browser loads before the first screen: those the page names, and what they import statically. */
async function firstLoad() {
  const found = new Set(assets.filter((name) => name.endsWith(".js") && html.includes(name)));
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

const first = await firstLoad();
const starting = (prefix) => assets.filter((name) => name.startsWith(prefix) && name.endsWith(".js"));
const budgets = [
  ["first load", 100, first],
  ["style of the first load", 12, assets.filter((name) => name.endsWith(".css") && html.includes(name))],
  ["player", 25, starting("player-screen-")],
  ["hls.js", 190, assets.filter((name) => /^hls-/.test(name) && name.endsWith(".js") && !first.includes(name))],
  ["hls.js worker", 45, starting("hls.worker-")],
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
process.exitCode = failed ? 1 : 0;
