/** What follows from the platform's answers about a claimed ticket. */
import { claimed, instant, reclaimed, refreshed, status } from "./held";
import type { Failure, Held, HeldState, Input, Moment, Step, Suspicion } from "./model";
import { GRACE_MS, HEARTBEAT_MS, HEARTBEAT_RETRY_MS, refreshRetryAt, serverTime, statusAt } from "./timing";
import { ask, type Confirming, end, onTrouble, place, putWhenDue } from "./transitions";
import { verdict } from "./verdict";

type Answered = Extract<Input, { type: "validated" | "heartbeatAnswered" | "refreshAnswered" | "statusAnswered" }>;

export function whenAnswered(state: HeldState, input: Answered, moment: Moment): Step {
  const [next, effects] = followed(state, input, moment);
  if (next.phase !== "confirming") return [next, effects];
  // A question that had to wait for this answer.
  const [asked, more] = putWhenDue(next, moment);
  return [asked, [...effects, ...more]];
}

function followed(state: HeldState, input: Answered, moment: Moment): Step {
  switch (input.type) {
    case "heartbeatAnswered":
      return onHeartbeat(state, input.answer, moment);
    case "refreshAnswered":
      return onRefresh(state, input.answer, moment);
    case "statusAnswered":
      return onStatus(state, input.answer, moment);
    case "validated":
      return state.phase === "confirming" && input.claim === state.held.claim
        ? onReclaimed(state, input.answer, moment)
        : [state, []];
  }
}

function onHeartbeat(state: HeldState, answer: AnswerOf<"heartbeatAnswered">, moment: Moment): Step {
  const asking = { ...state.held.asking, heartbeat: false };
  const confirmed = state.phase === "confirming" && state.question === "heartbeat" && state.askAt === null;
  if (answer.kind === "ok") {
    const held = { ...state.held, asking, reclaimed: false, heartbeatDueAt: moment.at + HEARTBEAT_MS };
    // The platform knows of no reason and the edge does: it has not heard the newest record yet. Try again, with pauses.
    return confirmed ? onTrouble({ ...state, held }, "network", null, moment) : [{ ...state, held }, []];
  }
  const held = { ...state.held, asking, heartbeatDueAt: moment.at + HEARTBEAT_RETRY_MS };
  return onFailure({ ...state, held }, answer, confirmed, moment);
}

function onRefresh(state: HeldState, answer: AnswerOf<"refreshAnswered">, moment: Moment): Step {
  const confirmed = state.phase === "confirming" && state.question === "refresh" && state.askAt === null;
  if (answer.kind === "ok") {
    const held = refreshed(state.held, answer.body, moment);
    if (state.phase !== "confirming" || !confirmed) return [{ ...state, held }, []];
    const ended = state.suspicion.kind === "expiry" && over(held, moment);
    return ended ? end(held, "access_ended", moment) : goOn(state, held);
  }
  const failures = state.held.refreshFailures + 1;
  const held = {
    ...state.held,
    asking: { ...state.held.asking, refresh: false },
    refreshFailures: failures,
    refreshDueAt: refreshRetryAt(failures, moment),
  };
  const found = verdict(answer, moment);
  if (found.kind === "wait") held.refreshDueAt = Math.max(held.refreshDueAt, found.until);
  return onFailure({ ...state, held }, answer, confirmed, moment);
}

const over = (held: Held, moment: Moment) => serverTime(held, moment.at) >= held.expiresAt + GRACE_MS;

function goOn({ from, suspicion }: Confirming, held: Held): Step {
  const unexplained = suspicion.kind === "edge" && suspicion.code !== "token_expired";
  const refreshedForRefusal = held.refreshedForRefusal || unexplained;
  return [{ phase: from, held: { ...held, refreshedForRefusal, reloads: held.reloads + 1 } }, []];
}

function onReclaimed(state: Confirming, answer: AnswerOf<"validated">, moment: Moment): Step {
  if (answer.kind === "ok") {
    const held = reclaimed(state.held, claimed(state.held.code, state.held.claim, answer.body, moment));
    return [{ phase: state.from, held }, [{ do: "remember", code: held.code }]];
  }
  const unknownNow = answer.kind === "refused" && answer.code === "invalid_code";
  if (unknownNow) return end(state.held, "event_unavailable", moment);
  return onFailure(state, answer, true, moment);
}

function onStatus(state: HeldState, answer: AnswerOf<"statusAnswered">, moment: Moment): Step {
  const asking = { ...state.held.asking, status: false };
  if (answer.kind !== "ok") {
    // A code that was right and is not known any more: the heartbeat tells what became of the ticket.
    const gone = answer.kind === "refused" && answer.code === "invalid_code";
    const heartbeatDueAt = gone ? moment.at : state.held.heartbeatDueAt;
    const found = verdict(answer, moment);
    const pause = statusAt(state.held, moment);
    const statusDueAt = found.kind === "wait" ? Math.max(pause, found.until) : pause;
    const held = { ...state.held, asking, heartbeatDueAt, statusDueAt };
    return onFailure({ ...state, held }, answer, false, moment);
  }
  const { body } = answer;
  const serverNow = instant(body.serverTime, serverTime(state.held, moment.at));
  const event = {
    ...state.held.event,
    startsAt: instant(body.startsAt, state.held.event.startsAt),
    endsAt: instant(body.endsAt, state.held.event.endsAt),
  };
  const renewed: Held = {
    ...state.held,
    asking,
    event,
    status: status(body.status),
    clockOffset: serverNow - moment.at,
  };
  const held = { ...renewed, statusDueAt: statusAt(renewed, moment) };
  const playable = held.status === "live" || held.status === "recording";
  return [state.phase === "waiting" && playable ? { phase: "watching", held } : { ...state, held }, []];
}

/** A question failed. `confirmed`: it is the one that a confirming state waits for. */
function onFailure(state: HeldState, failure: Failure, confirmed: boolean, moment: Moment): Step {
  const found = verdict(failure, moment);
  switch (found.kind) {
    case "ended":
      return end(withEnd(state.held, failure), found.reason, moment);
    case "lost": {
      // An old question's answer, while the ticket is being claimed again already.
      if (state.phase === "confirming" && state.question === "reclaim" && !confirmed) return [state, []];
      if (state.held.reclaimed) return end(state.held, "inactive", moment);
      // The edge still takes the token of a session that merely lapsed: the picture goes on meanwhile.
      const suspicion: Suspicion = state.phase === "confirming" ? state.suspicion : { kind: "lapse" };
      return ask(state.held, place(state), suspicion, "reclaim", moment);
    }
    case "wait":
      if (!confirmed || state.phase !== "confirming") return [state, []];
      return state.suspicion.kind === "expiry" ? undecided(state, moment) : [{ ...state, askAt: found.until }, []];
    case "unclear":
      return confirmed && state.phase === "confirming" ? undecided(state, moment) : [state, []];
  }
}

/** The end that the platform names counts, when an organizer has moved it. */
const withEnd = (held: Held, failure: Failure): Held =>
  failure.kind === "refused" && failure.expiredAt !== null
    ? { ...held, expiresAt: instant(failure.expiredAt, held.expiresAt) }
    : held;

/** The platform could not be asked. Nobody is told that access ended because of that, but for the ticket's own known end. */
function undecided(state: Confirming, moment: Moment): Step {
  if (state.suspicion.kind === "expiry") return end(state.held, "access_ended", moment);
  if (state.from === "watching") return onTrouble(state, "network", null, moment);
  return [{ phase: "waiting", held: { ...state.held, heartbeatDueAt: moment.at + HEARTBEAT_RETRY_MS } }, []];
}

type AnswerOf<Type extends Answered["type"]> = Extract<Answered, { type: Type }>["answer"];
