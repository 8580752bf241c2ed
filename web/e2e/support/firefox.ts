/** Where the system's Firefox is; `null` if there is none. `STREAMGATE_FIREFOX` names another one. */
import { existsSync } from "node:fs";

const places = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];

export const firefox = process.env.STREAMGATE_FIREFOX ?? places.find((place) => existsSync(place)) ?? null;
