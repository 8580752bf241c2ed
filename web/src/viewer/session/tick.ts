/** What is due when the clock moves on: the ticket's end, heartbeats, refreshes, status questions, reconnect attempts. */
import type { Effect, Held, HeldState, Moment, State, Step } from "./model";
import {
  GRACE_MS,
  HEARTBEAT_MS,
  MISSING_RETRY_MS,
  REFRESH_SPACING_MS,
  refreshAt,
  refreshHelps,
  serverTime,
} from "./timing";
import { ask, isAsking, loadAgain, onTrouble, place, putWhenDue } from "./transitions";

export function onTick(state: HeldState, moment: Moment): Step {
  const { held } = state;
  if (state.phase !== "confirming" && serverTime(held, moment.at) >= held.expiresAt + GRACE_MS) {
    // An organizer may have prolonged the event meanwhile: ask once before the picture goes.
    return ask({ ...held, refreshSentAt: null }, place(state), { kind: "expiry" }, "refresh", moment);
  }
  if (state.phase === "confirming" && state.askAt !== null && moment.at >= state.askAt) {
    return putWhenDue(state, moment);
  }
  const [moved, effects] = routine(state, moment);
  if (moved.phase !== "reconnecting") return [moved, effects];
  if (moved.retryAt !== null && moment.at >= moved.retryAt) {
    return [loadAgain(moved, moved.exhausted, moment), effects];
  }
  if (moved.failsAt !== null && moment.at >= moved.failsAt) {
    if (moved.exhausted) return [{ ...moved, failsAt: null, retryAt: moment.at + MISSING_RETRY_MS }, effects];
    const [failed, more] = onTrouble(moved, moved.cause, null, moment);
    return [failed, [...effects, ...more]];
  }
  return [moved, effects];
}

/** The questions that a claimed ticket asks by itself, whatever else goes on. */
function routine(state: HeldState, moment: Moment): readonly [HeldState, Effect[]] {
  const effects: Effect[] = [];
  let held = state.held;
  const mayAsk = !(state.phase === "confirming" && state.question === "reclaim");
  // The refresh first: it also takes a lapsed session back, of which a heartbeat could only tell.
  if (mayAsk && refreshDue(held, moment)) {
    if (refreshHelps(held)) {
      effects.push({ do: "refresh", token: held.token, claim: held.claim });
      held = { ...held, refreshSentAt: moment.at, asking: { ...held.asking, refresh: true } };
    } else {
      held = { ...held, refreshDueAt: refreshAt(moment) };
    }
  }
  if (mayAsk && moment.at >= held.heartbeatDueAt && !isAsking(held)) {
    effects.push({ do: "heartbeat", token: held.token, claim: held.claim });
    held = { ...held, heartbeatDueAt: moment.at + HEARTBEAT_MS, asking: { ...held.asking, heartbeat: true } };
  }
  if (state.phase === "waiting" && moment.at >= held.statusDueAt && !held.asking.status) {
    effects.push({ do: "status", eventId: held.event.id, code: held.code, claim: held.claim });
    held = { ...held, asking: { ...held.asking, status: true } };
  }
  return [held === state.held ? state : withHeld(state, held), effects];
}

function refreshDue(held: Held, moment: Moment): boolean {
  if (isAsking(held) || moment.at < held.refreshDueAt) return false;
  return held.refreshSentAt === null || moment.at - held.refreshSentAt >= REFRESH_SPACING_MS;
}

function withHeld<Any extends State & { held: Held }>(state: Any, held: Held): Any {
  return { ...state, held };
}
