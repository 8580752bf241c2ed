/**
 * The five endpoints that a viewer's page calls, each answering with a value: nothing here throws, and nothing decides.
 *
 * Shapes come from the platform's OpenAPI document (`schema.gen.ts`, made by `npm run codegen`).
 */
import type { paths } from "./schema.gen";

type Json<Operation> = Operation extends { responses: { 200: { content: { "application/json": infer Body } } } }
  ? Body
  : never;

export type ValidateBody = Json<paths["/api/tokens/validate"]["post"]>;
export type RefreshBody = Json<paths["/api/playback/refresh"]["post"]>;
export type HeartbeatBody = Json<paths["/api/playback/heartbeat"]["post"]>;
export type StatusBody = Json<paths["/api/events/{id}/status"]["get"]>;

/** A refusal that the platform decided: a 4xx with its stable code. */
export interface Refused {
  kind: "refused";
  status: number;
  code: string;
  /** Why a session no longer holds (heartbeat and refresh). */
  reason: string | null;
  /** From `Retry-After`, in seconds. */
  retryAfterSeconds: number | null;
  /** When access ended (`ticket_expired`), ISO 8601. */
  expiredAt: string | null;
}

/** No verdict: the network failed, the answer took too long, or the platform is in trouble (5xx). */
export interface Unreachable {
  kind: "unreachable";
  offline: boolean;
}

export type Answer<Body> = { kind: "ok"; body: Body } | Refused | Unreachable;

// Longer than any healthy answer, shorter than the 30 s between two heartbeats.
const ANSWER_TIMEOUT_MS = 10_000;

const RELEASE_URL = "/api/playback/release";

export interface ViewerApi {
  validate(code: string, deviceId: string): Promise<Answer<ValidateBody>>;
  refresh(token: string): Promise<Answer<RefreshBody>>;
  heartbeat(token: string): Promise<Answer<HeartbeatBody>>;
  status(eventId: string, code: string): Promise<Answer<StatusBody>>;
  /** Ends the token's own session. Survives the end of the page, hence no answer. */
  release(token: string): void;
}

export const viewerApi: ViewerApi = {
  validate: (code, deviceId) => ask("/api/tokens/validate", { method: "POST", ...json({ code, deviceId }) }),
  refresh: (token) => ask("/api/playback/refresh", { method: "POST", headers: bearer(token) }),
  heartbeat: (token) => ask("/api/playback/heartbeat", { method: "POST", headers: bearer(token) }),
  status: (eventId, code) =>
    ask(`/api/events/${encodeURIComponent(eventId)}/status`, { headers: { "X-Ticket-Code": code } }),
  release,
};

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

const json = (body: unknown) => ({
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

async function ask<Body>(url: string, init: RequestInit): Promise<Answer<Body>> {
  try {
    const response = await fetch(url, { ...init, cache: "no-store", signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    if (response.ok) return { kind: "ok", body: (await response.json()) as Body };
    return await refusal(response);
  } catch {
    return { kind: "unreachable", offline: !navigator.onLine };
  }
}

async function refusal(response: Response): Promise<Refused | Unreachable> {
  if (response.status >= 500) return { kind: "unreachable", offline: false };
  const body: unknown = await response.json().catch(() => null);
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return {
    kind: "refused",
    status: response.status,
    code: text(body, "code") ?? "unknown",
    reason: text(body, "reason"),
    retryAfterSeconds: Number.isFinite(seconds) ? seconds : null,
    expiredAt: text(body, "expiredAt"),
  };
}

function text(body: unknown, field: string): string | null {
  if (typeof body !== "object" || body === null) return null;
  const value: unknown = Reflect.get(body, field);
  return typeof value === "string" ? value : null;
}

function release(token: string): void {
  // Browsers without keepalive (Firefox before 133) drop the request with the page; a beacon reaches out, but can carry no header.
  if ("keepalive" in Request.prototype) {
    void fetch(RELEASE_URL, { method: "POST", headers: bearer(token), keepalive: true }).catch(() => beacon(token));
  } else {
    beacon(token);
  }
}

function beacon(token: string): void {
  navigator.sendBeacon(RELEASE_URL, JSON.stringify({ token }));
}
