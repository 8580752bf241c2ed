/** Makes and renews the claimed ticket from what the platform answered. */
import type { RefreshBody, ValidateBody } from "../../api/client";
import type { EventStatus, Held, Moment } from "./model";
import { HEARTBEAT_MS, refreshAt, statusAt } from "./timing";

export function claimed(code: string, claim: number, body: ValidateBody, moment: Moment): Held {
  const serverNow = instant(body.serverTime, moment.at);
  const held: Held = {
    claim,
    code,
    event: {
      id: body.event.id,
      title: body.event.title,
      description: body.event.description ?? "",
      posterUrl: body.event.posterUrl ?? null,
      startsAt: instant(body.event.startsAt, serverNow),
      endsAt: instant(body.event.endsAt, serverNow),
    },
    status: status(body.status),
    playbackBaseUrl: body.playbackBaseUrl,
    streamPath: body.streamPath,
    token: body.playbackToken,
    tokenExpiresAt: serverNow + body.tokenExpiresIn * 1000,
    expiresAt: instant(body.expiresAt, serverNow),
    clockOffset: serverNow - moment.at,
    heartbeatDueAt: moment.at + HEARTBEAT_MS,
    refreshDueAt: refreshAt(moment),
    statusDueAt: moment.at,
    refreshSentAt: null,
    refreshFailures: 0,
    asking: { heartbeat: false, refresh: false, status: false },
    reclaimed: false,
    released: false,
    attempt: 0,
    flowed: false,
    refreshedForRefusal: false,
    reloads: 0,
  };
  return { ...held, statusDueAt: statusAt(held, moment) };
}

/** The same ticket claimed again: what the player has lived through stays, and it shall load again. */
export function reclaimed(before: Held, after: Held): Held {
  return {
    ...after,
    reclaimed: true,
    attempt: before.attempt,
    flowed: before.flowed,
    reloads: before.reloads + 1,
  };
}

export function refreshed(held: Held, body: RefreshBody, moment: Moment): Held {
  const serverNow = moment.at + held.clockOffset;
  return {
    ...held,
    token: body.playbackToken,
    tokenExpiresAt: serverNow + body.tokenExpiresIn * 1000,
    expiresAt: instant(body.expiresAt, held.expiresAt),
    refreshDueAt: refreshAt(moment),
    refreshFailures: 0,
    asking: { ...held.asking, refresh: false },
  };
}

const statuses: readonly EventStatus[] = ["not-started", "live", "recording", "ended"];

/** An unknown word waits: a later platform may have states that this page does not know. */
export const status = (word: string): EventStatus => statuses.find((known) => known === word) ?? "not-started";

export function instant(iso: string, otherwise: number): number {
  const parsed = Date.parse(iso);
  return Number.isNaN(parsed) ? otherwise : parsed;
}
