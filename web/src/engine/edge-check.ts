/** Asks the edge directly whether the picture may go on, when the player itself has nothing to ask for. */

export type EdgeAnswer = { kind: "ok" } | { kind: "refused"; code: string } | { kind: "missing" } | { kind: "trouble" };

export interface EdgeRequest {
  url: string;
  headers: Record<string, string>;
}

// Shorter than the time in which a refusal must have stopped the picture (4 s).
const CHECK_TIMEOUT_MS = 3000;

/** A `HEAD` of the playlist; only a refusal is asked for again with `GET`, because a `HEAD` cannot name its reason. */
export async function askEdge({ url, headers }: EdgeRequest): Promise<EdgeAnswer> {
  try {
    const head = await send("HEAD", url, headers);
    if (!isRefusal(head.status)) return meaning(head.status);
    const get = await send("GET", url, headers);
    return isRefusal(get.status) ? { kind: "refused", code: refusalCode(await get.text()) } : meaning(get.status);
  } catch {
    return { kind: "trouble" };
  }
}

export const isRefusal = (status: number) => status === 401 || status === 403;

/** Returns the stable code of an error body; `unknown` for anything else, which no rule treats as a typed reason. */
export function refusalCode(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    const code: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "code") : null;
    return typeof code === "string" ? code : "unknown";
  } catch {
    return "unknown";
  }
}

const send = (method: string, url: string, headers: Record<string, string>) =>
  fetch(url, { method, headers, cache: "no-store", signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) });

function meaning(status: number): EdgeAnswer {
  if (status >= 200 && status < 400) return { kind: "ok" };
  return { kind: status === 404 ? "missing" : "trouble" };
}
