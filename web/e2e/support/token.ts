/** Playback tokens as the platform mints them, with a life of the test's choice. */
import { createHmac } from "node:crypto";
import { signingSecret } from "./server";

/** Returns `token` with another end, `seconds` from now, signed anew. */
export function endingIn(token: string, seconds: number): string {
  const [header, payload] = token.split(".");
  if (header === undefined || payload === undefined) throw new Error("not a token");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
  claims.exp = Math.floor(Date.now() / 1000) + seconds;
  const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
  return `${signed}.${createHmac("sha256", signingSecret).update(signed).digest("base64url")}`;
}
