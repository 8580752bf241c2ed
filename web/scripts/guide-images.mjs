/** Puts the pictures that the guides show beside them: `npm run screenshots:guides`. */
import { copyFile, mkdir } from "node:fs/promises";

const from = new URL("../dist/screenshots/console/", import.meta.url);
const to = new URL("../../docs/guides/images/", import.meta.url);
const pictures = { dashboard: "02-dashboard-pointed", event: "04-event", sheet: "08-sheet", help: "09-help" };

await mkdir(to, { recursive: true });
for (const [name, shot] of Object.entries(pictures)) {
  await copyFile(new URL(`${shot}.png`, from), new URL(`${name}.png`, to));
}
