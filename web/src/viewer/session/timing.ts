/** The session's times. Each has its reason in the contract or the viewer's specification. */
import type { Held, Moment } from "./model";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

export const HEARTBEAT_MS = 30 * SECOND;
/** A heartbeat that reached nobody is repeated early: the session lapses 60 s after the last one that did. */
export const HEARTBEAT_RETRY_MS = 10 * SECOND;
export const REFRESH_MS = 15 * MINUTE;
/** Taken off at random, so that a thousand viewers who came together do not refresh together. */
export const REFRESH_JITTER_MS = 2 * MINUTE;
/** The platform allows 12 refreshes an hour; one a minute leaves room for reloads. */
export const REFRESH_SPACING_MS = MINUTE;
const REFRESH_RETRY_MAX_MS = 5 * MINUTE;
/** Between the ticket's end and the end of the picture. */
export const GRACE_MS = MINUTE;
export const EXPIRY_WARNING_MS = 15 * MINUTE;
/** Token times are whole seconds, ticket times are not. */
const TOKEN_ROUNDING_MS = 2 * SECOND;

const STATUS_MS = 30 * SECOND;
const STATUS_NEAR_START_MS = 5 * SECOND;
const NEAR_START_MS = MINUTE;
/** How often a stream that is not there is looked for without being asked. */
export const MISSING_RETRY_MS = 30 * SECOND;

export const RECONNECT_ATTEMPTS_MAX = 5;
/** An attempt that neither failed nor moved the picture: as with an edge that is back before its encoder. */
export const ATTEMPT_MAX_MS = 20 * SECOND;
const RECONNECT_FIRST_MS = SECOND;
const RECONNECT_MAX_MS = 15 * SECOND;

/** Returns when to make reconnect attempt `attempt` (from 1): exponential, with half of it at random. */
export function reconnectAt(attempt: number, moment: Moment, retryAfterSeconds: number | null): number {
  const full = Math.min(RECONNECT_FIRST_MS * 2 ** (attempt - 1), RECONNECT_MAX_MS);
  const wait = full / 2 + (full / 2) * moment.roll;
  return moment.at + Math.max(wait, (retryAfterSeconds ?? 0) * SECOND);
}

export const refreshAt = (moment: Moment) => moment.at + REFRESH_MS - REFRESH_JITTER_MS * moment.roll;

/** Returns when to try a failed refresh again: after one, two, four minutes, then every five. */
export function refreshRetryAt(failures: number, moment: Moment): number {
  const wait = Math.min(REFRESH_SPACING_MS * 2 ** (failures - 1), REFRESH_RETRY_MAX_MS);
  return moment.at + wait + wait * 0.1 * moment.roll;
}

/** Returns when to ask for the event's status next: every 30 s, and every 5 s in the minute around the start. */
export function statusAt(held: Held, moment: Moment): number {
  const untilStart = held.event.startsAt - serverTime(held, moment.at);
  const pause = Math.abs(untilStart) <= NEAR_START_MS ? STATUS_NEAR_START_MS : STATUS_MS;
  const jittered = pause * (0.8 + 0.4 * moment.roll);
  // A far start must not make the page oversleep the busy minute.
  const untilBusy = untilStart - NEAR_START_MS;
  return moment.at + (untilBusy > 0 ? Math.min(jittered, untilBusy + STATUS_NEAR_START_MS * moment.roll) : jittered);
}

export const serverTime = (held: Pick<Held, "clockOffset">, at: number) => at + held.clockOffset;

/** Whether a new token could live longer than the present one. */
export const refreshHelps = (held: Held) => held.tokenExpiresAt + TOKEN_ROUNDING_MS < held.expiresAt + GRACE_MS;

/** How much of the access is left, for words on the screen. */
export type Expiry = "far" | "hours" | "soon" | "grace";

export function expiry(held: Held, at: number): Expiry {
  const left = held.expiresAt - serverTime(held, at);
  if (left <= 0) return "grace";
  if (left <= EXPIRY_WARNING_MS) return "soon";
  return left <= 6 * 60 * MINUTE ? "hours" : "far";
}
