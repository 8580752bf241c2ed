/** Writes a `.br` (quality 11) and a `.gz` beside every text file of the build, so that the server never compresses. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const folder = new URL("../dist/app/", import.meta.url).pathname;
const text = /\.(js|css|html|svg|json|webmanifest|txt)$/;

for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !text.test(entry.name)) continue;
  // index.html is completed by the server at its start, so a sibling made here would be the wrong document.
  if (entry.name === "index.html") continue;
  const path = join(entry.parentPath, entry.name);
  const bytes = await readFile(path);
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  await writeFile(`${path}.br`, brotliCompressSync(bytes, { params: quality }));
  await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
}
