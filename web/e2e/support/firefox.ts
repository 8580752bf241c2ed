/**
 * Where the system's Firefox is; `null` if there is none, or none that could show a picture: it decodes H.264 with the
 * system's libavcodec. `STREAMGATE_FIREFOX` names another one.
 */
import { existsSync, readdirSync } from "node:fs";

const places = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];
const libraries = ["/usr/lib", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"];

const decodes = () =>
  libraries.some(
    (folder) => existsSync(folder) && readdirSync(folder).some((name) => name.startsWith("libavcodec.so.")),
  );

export const firefox =
  process.env.STREAMGATE_FIREFOX ?? (decodes() ? places.find((place) => existsSync(place)) : undefined) ?? null;
