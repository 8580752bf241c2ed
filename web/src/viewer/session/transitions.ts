/** The moves that several inputs of the session share. */
import type { EndReason, Held, HeldState, Moment, Place, Question, State, Step, Suspicion } from "./model";
import {
  ATTEMPT_MAX_MS,
  MISSING_RETRY_MS,
  RECONNECT_ATTEMPTS_MAX,
  REFRESH_SPACING_MS,
  reconnectAt,
  serverTime,
} from "./timing";

export type Confirming = Extract<State, { phase: "confirming" }>;
export type Reconnecting = Extract<State, { phase: "reconnecting" }>;

export const isHeld = (state: State): state is HeldState => "held" in state;

/** Which of the two screens a claimed ticket is on. */
export function place(state: HeldState): Place {
  if (state.phase === "confirming") return state.from;
  return state.phase === "waiting" ? "waiting" : "watching";
}

/** Whether the platform's one refresh a minute has been spent. */
export const refreshedLately = (held: Held, moment: Moment) =>
  held.refreshSentAt !== null && moment.at - held.refreshSentAt < REFRESH_SPACING_MS;

/** Goes to `confirming` and puts the question, at once or when the platform allows the next refresh. */
export function ask(held: Held, from: Place, suspicion: Suspicion, question: Question, moment: Moment): Step {
  const confirming = (askAt: number | null): Confirming => ({
    phase: "confirming",
    held,
    from,
    suspicion,
    question,
    askAt,
  });
  // A refresh that is under way brings the answer.
  if (question === "refresh" && held.asking.refresh) return [confirming(null), []];
  const early = question === "refresh" && held.refreshSentAt !== null && refreshedLately(held, moment);
  return putWhenDue(
    confirming(early && held.refreshSentAt !== null ? held.refreshSentAt + REFRESH_SPACING_MS : moment.at),
    moment,
  );
}

/**
 * Sends the question of a confirming state when it is time.
 *
 * Heartbeat and refresh are never under way together: the refresh of a lapsed session makes a new one, and an older
 * heartbeat would be told that somebody took the ticket.
 */
export function putWhenDue(state: Confirming, moment: Moment): Step {
  if (state.askAt === null || moment.at < state.askAt) return [state, []];
  return state.question !== "reclaim" && isAsking(state.held) ? [state, []] : put(state, moment);
}

export const isAsking = ({ asking }: Held) => asking.heartbeat || asking.refresh;

function put(state: Confirming, moment: Moment): Step {
  const { held, question } = state;
  switch (question) {
    case "heartbeat":
      return [
        { ...state, askAt: null, held: { ...held, asking: { ...held.asking, heartbeat: true } } },
        [{ do: "heartbeat", token: held.token, claim: held.claim }],
      ];
    case "refresh":
      return [
        {
          ...state,
          askAt: null,
          held: { ...held, refreshSentAt: moment.at, asking: { ...held.asking, refresh: true } },
        },
        [{ do: "refresh", token: held.token, claim: held.claim }],
      ];
    case "reclaim": {
      const claim = held.claim + 1;
      return [
        { ...state, askAt: null, held: { ...held, claim, released: false } },
        [{ do: "validate", code: held.code, claim }],
      ];
    }
  }
}

/** The stream cannot be played just now: the next attempt, or after the last one words and a button. */
export function onTrouble(
  state: State,
  cause: "network" | "missing",
  retryAfterSeconds: number | null,
  moment: Moment,
): Step {
  if (state.phase !== "watching" && state.phase !== "reconnecting" && state.phase !== "confirming") return [state, []];
  // A second report of the trouble that is already being waited out.
  if (state.phase === "reconnecting" && state.retryAt !== null) return [state, []];
  const attempt = state.held.attempt + 1;
  if (attempt > RECONNECT_ATTEMPTS_MAX) {
    const retryAt = cause === "missing" ? moment.at + MISSING_RETRY_MS : null;
    return [{ phase: "reconnecting", held: state.held, cause, retryAt, failsAt: null, exhausted: true }, []];
  }
  const held = { ...state.held, attempt };
  const retryAt = reconnectAt(attempt, moment, retryAfterSeconds);
  return [{ phase: "reconnecting", held, cause, retryAt, failsAt: null, exhausted: false }, []];
}

/** Lets the player load again now. `exhausted`: quietly, behind words that stay. */
export function loadAgain(state: Reconnecting, exhausted: boolean, moment: Moment): State {
  const held = { ...state.held, reloads: state.held.reloads + 1 };
  return { ...state, held, retryAt: null, failsAt: moment.at + ATTEMPT_MAX_MS, exhausted };
}

export function end(held: Held, reason: EndReason, moment: Moment): Step {
  // An access that was cut short has no date that anybody could be told.
  const expiresAt = serverTime(held, moment.at) >= held.expiresAt ? held.expiresAt : null;
  const { code, claim, event } = held;
  return [{ phase: "ended", reason, code, claims: claim, expiresAt, posterUrl: event.posterUrl }, [{ do: "forget" }]];
}
