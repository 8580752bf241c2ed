/**
 * The viewer's session as a pure state machine: `step(state, input, moment)` gives the next state and what to ask of the
 * world. It has no clock, no network and no DOM; `shell.ts` lends it those.
 *
 * idle > redeeming > waiting > watching, with confirming (the platform is asked before a word is said) and reconnecting
 * (an outage, never a refusal) beside them, and ended(reason).
 */
import { whenAnswered } from "./answers";
import { claimed } from "./held";
import type { Held, HeldState, Input, Moment, Place, State, Step, Suspicion } from "./model";
import { onTick } from "./tick";
import { MISSING_RETRY_MS } from "./timing";
import { ask, end, isHeld, loadAgain, onTrouble, place, type Reconnecting, refreshedLately } from "./transitions";
import { notice } from "./verdict";

export const initial: State = { phase: "idle", code: "", claims: 0, notice: null };

/** Decides what follows from `input` in `state`. An input that means nothing there changes nothing. */
export function step(state: State, input: Input, moment: Moment): Step {
  switch (input.type) {
    case "submit":
      return redeem(state, input.code, false);
    case "restore":
      return state.phase === "idle" ? redeem(state, input.code, true) : [state, []];
    case "validated":
      return onValidated(state, input, moment);
    case "tick":
    case "heartbeatAnswered":
    case "refreshAnswered":
    case "statusAnswered":
      return isHeld(state) && !state.held.released ? onHeldInput(state, input, moment) : [state, []];
    case "refused":
      return onRefused(state, input.code, moment);
    case "missing":
      return onMissing(state, moment);
    case "trouble":
      // While the platform is being asked, its answer counts.
      return state.phase === "confirming" ? [state, []] : onTrouble(state, "network", input.retryAfterSeconds, moment);
    case "flowing":
      return onFlowing(state);
    case "retry":
      return state.phase === "reconnecting" ? [startAnew(state, moment), []] : [state, []];
    case "online":
      return onOnline(state, moment);
    case "leave":
      return leave(state);
    case "pageHidden":
      return onPageHidden(state);
    case "pageRestored":
      return isHeld(state) && state.held.released
        ? ask(state.held, place(state), { kind: "edge", code: "session_ended" }, "reclaim", moment)
        : [state, []];
  }
}

function onHeldInput(
  state: HeldState,
  input: Extract<Input, { type: "tick" | "heartbeatAnswered" | "refreshAnswered" | "statusAnswered" }>,
  moment: Moment,
): Step {
  if (input.type === "tick") return onTick(state, moment);
  return input.claim === state.held.claim ? whenAnswered(state, input, moment) : [state, []];
}

function redeem(state: State, code: string, restoring: boolean): Step {
  if (state.phase !== "idle" && state.phase !== "ended") return [state, []];
  const claim = state.claims + 1;
  return [{ phase: "redeeming", code, claim, restoring }, [{ do: "validate", code, claim }]];
}

function onValidated(state: State, input: Extract<Input, { type: "validated" }>, moment: Moment): Step {
  if (state.phase === "confirming" && !state.held.released && input.claim === state.held.claim) {
    return whenAnswered(state, input, moment);
  }
  if (state.phase !== "redeeming" || input.claim !== state.claim) {
    // The page was left meanwhile: a session that nobody watches must not lock the ticket.
    return [state, input.answer.kind === "ok" ? [{ do: "release", token: input.answer.body.playbackToken }] : []];
  }
  if (input.answer.kind !== "ok") {
    const said = notice(input.answer, moment);
    const decided = said.kind === "refused" && said.retryAt === null;
    return [{ phase: "idle", code: state.code, claims: state.claim, notice: said }, decided ? [{ do: "forget" }] : []];
  }
  const held = claimed(state.code, state.claim, input.answer.body, moment);
  return [{ phase: placeFor(held), held }, [{ do: "remember", code: state.code }]];
}

const placeFor = (held: Held): Place =>
  held.status === "live" || held.status === "recording" ? "watching" : "waiting";

/** The edge said no. The picture has been stopped by the player; the platform is asked before anything is said. */
function onRefused(state: State, code: string, moment: Moment): Step {
  if (state.phase !== "watching" && state.phase !== "reconnecting") return [state, []];
  const { held } = state;
  // A session that was given up is refused rightly; it is claimed again when the page comes back.
  if (held.released) return [state, []];
  const suspicion: Suspicion = { kind: "edge", code };
  switch (code) {
    case "ticket_revoked":
    case "event_unavailable":
    case "session_ended":
      return ask(held, "watching", suspicion, "heartbeat", moment);
    case "token_expired":
      // A token fresher than a minute that the edge calls expired is a clock that is wrong, not a viewer without a right.
      return refreshedLately(held, moment) && !held.asking.refresh
        ? onTrouble(state, "network", null, moment)
        : ask(held, "watching", suspicion, "refresh", moment);
    default:
      return held.refreshedForRefusal
        ? end(held, "access_ended", moment)
        : ask(held, "watching", suspicion, "refresh", moment);
  }
}

function onMissing(state: State, moment: Moment): Step {
  if (state.phase !== "watching" && state.phase !== "reconnecting") return [state, []];
  // A stream that was there a moment ago is more likely an encoder starting again than an end.
  if (state.held.flowed) return onTrouble(state, "missing", null, moment);
  return [
    {
      phase: "reconnecting",
      held: state.held,
      cause: "missing",
      retryAt: moment.at + MISSING_RETRY_MS,
      failsAt: null,
      exhausted: true,
    },
    [],
  ];
}

function onFlowing(state: State): Step {
  if (state.phase !== "watching" && state.phase !== "reconnecting") return [state, []];
  const { held } = state;
  const settled = held.flowed && held.attempt === 0 && !held.refreshedForRefusal;
  if (state.phase === "watching" && settled) return [state, []];
  return [{ phase: "watching", held: { ...held, attempt: 0, flowed: true, refreshedForRefusal: false } }, []];
}

function onOnline(state: State, moment: Moment): Step {
  if (!isHeld(state)) return [state, []];
  const held = { ...state.held, heartbeatDueAt: moment.at };
  if (state.phase !== "reconnecting") return [{ ...state, held }, []];
  return [state.exhausted ? startAnew({ ...state, held }, moment) : loadAgain({ ...state, held }, false, moment), []];
}

/** The first of a new round of attempts, at once. */
const startAnew = (state: Reconnecting, moment: Moment) =>
  loadAgain({ ...state, held: { ...state.held, attempt: 1 } }, false, moment);

function leave(state: State): Step {
  if (state.phase === "ended") return [{ phase: "idle", code: "", claims: state.claims, notice: null }, []];
  if (state.phase === "redeeming") {
    return [{ phase: "idle", code: state.code, claims: state.claim, notice: null }, [{ do: "forget" }]];
  }
  if (!isHeld(state)) return [state, []];
  return [
    { phase: "idle", code: state.held.code, claims: state.held.claim, notice: null },
    [{ do: "release", token: state.held.token }, { do: "forget" }],
  ];
}

function onPageHidden(state: State): Step {
  if (!isHeld(state) || state.held.released) return [state, []];
  const held = { ...state.held, released: true };
  return [{ ...state, held }, [{ do: "release", token: held.token }]];
}
