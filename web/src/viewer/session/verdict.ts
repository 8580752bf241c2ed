/** What a refusal of the platform means for a claimed ticket. */
import type { EndReason, Failure, Moment, Notice } from "./model";

export type Verdict =
  | { kind: "ended"; reason: EndReason }
  /** The session no longer holds, but nobody took it: claim it again, silently, once. */
  | { kind: "lost" }
  /** The platform wants to be left alone until then (this device's clock). */
  | { kind: "wait"; until: number }
  /** Nothing was said about the session. */
  | { kind: "unclear" };

// The platform's limits are per minute; used only where it names no time.
const WAIT_DEFAULT_SECONDS = 60;

export function verdict(failure: Failure, moment: Moment): Verdict {
  if (failure.kind === "unreachable") return { kind: "unclear" };
  switch (failure.code) {
    case "ticket_revoked":
    case "event_unavailable":
      return { kind: "ended", reason: failure.code };
    case "ticket_expired":
      return { kind: "ended", reason: "access_ended" };
    case "session_conflict":
    case "session_not_found":
    case "session_ended":
      return sessionVerdict(failure.reason);
    case "in_use":
      return { kind: "ended", reason: "inactive" };
    case "invalid_token":
      return { kind: "lost" };
    case "rate_limited":
      return { kind: "wait", until: moment.at + (failure.retryAfterSeconds ?? WAIT_DEFAULT_SECONDS) * 1000 };
    default:
      return { kind: "unclear" };
  }
}

function sessionVerdict(reason: string | null): Verdict {
  switch (reason) {
    case "superseded":
    case "superseded_same_device":
    case "kicked":
      return { kind: "ended", reason };
    default:
      return { kind: "lost" };
  }
}

/** What the entry screen says about a failed redemption. */
export function notice(failure: Failure, moment: Moment): Notice {
  if (failure.kind === "unreachable") return { kind: failure.offline ? "offline" : "platform_down" };
  // Not the platform's own words: something between here and there, such as a hotel's sign-in page.
  if (failure.code === "unknown" && failure.status !== 429) return { kind: "platform_down" };
  const limited = failure.code === "rate_limited" || failure.status === 429;
  const seconds = failure.retryAfterSeconds ?? WAIT_DEFAULT_SECONDS;
  return {
    kind: "refused",
    code: failure.code,
    expiredAt: failure.expiredAt,
    retryAt: limited ? moment.at + seconds * 1000 : null,
  };
}
