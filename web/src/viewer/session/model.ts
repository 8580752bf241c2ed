/** The words of the session: what a viewer's page knows, what may happen to it, and what it asks of the world. */
import type {
  Answer,
  HeartbeatBody,
  RefreshBody,
  Refused,
  StatusBody,
  Unreachable,
  ValidateBody,
} from "../../api/client";

export type EventStatus = "not-started" | "live" | "recording" | "ended";

export interface EventInfo {
  id: string;
  title: string;
  description: string;
  posterUrl: string | null;
  /** Server time, Unix milliseconds. */
  startsAt: number;
  /** Server time, Unix milliseconds. */
  endsAt: number;
}

/** A claimed ticket. Times named `...DueAt` and `...SentAt` are this device's clock; the others are the server's. */
export interface Held {
  /** Which claim this is. Answers to questions of an earlier claim are ignored. */
  claim: number;
  code: string;
  event: EventInfo;
  status: EventStatus;
  playbackBaseUrl: string;
  streamPath: string;
  token: string;
  tokenExpiresAt: number;
  /** When the ticket ends; access ends `GRACE_MS` later. */
  expiresAt: number;
  /** Server clock minus this device's, in milliseconds. */
  clockOffset: number;
  heartbeatDueAt: number;
  refreshDueAt: number;
  statusDueAt: number;
  refreshSentAt: number | null;
  refreshFailures: number;
  asking: { heartbeat: boolean; refresh: boolean; status: boolean };
  /** The session was taken back silently and no heartbeat succeeded since. */
  reclaimed: boolean;
  /** The page was put away (back-forward cache) and the session given up with it. */
  released: boolean;
  /** Reconnect attempts since the picture last moved. */
  attempt: number;
  /** The picture has moved at least once. */
  flowed: boolean;
  /** The edge refused without naming a reason, and the platform has given a new token for it. */
  refreshedForRefusal: boolean;
  /** Counts the moments at which the player shall load again. */
  reloads: number;
}

export type EndReason =
  | "ticket_revoked"
  | "event_unavailable"
  | "superseded"
  | "superseded_same_device"
  | "kicked"
  | "inactive"
  | "access_ended";

/** Why the last attempt to redeem a code failed. */
export type Notice =
  | { kind: "refused"; code: string; expiredAt: string | null; retryAt: number | null }
  | { kind: "offline" }
  | { kind: "platform_down" };

/** What made the page doubt its session: a refusal's code from the edge, the platform's word, or the ticket's own end. */
export type Suspicion = { kind: "edge"; code: string } | { kind: "lapse" } | { kind: "expiry" };

export type Question = "heartbeat" | "refresh" | "reclaim";

export type Place = "waiting" | "watching";

export type State =
  /** `claims`: the number of the last claim, so that answers to an older one are known. */
  | { phase: "idle"; code: string; claims: number; notice: Notice | null }
  | { phase: "redeeming"; code: string; claim: number; restoring: boolean }
  | { phase: "waiting"; held: Held }
  | { phase: "watching"; held: Held }
  /** The platform is asked before anybody is told anything. `askAt`: not before then; null: the question is under way. */
  | {
      phase: "confirming";
      held: Held;
      from: Place;
      suspicion: Suspicion;
      question: Question;
      askAt: number | null;
    }
  /**
   * `retryAt` null: an attempt is under way, or (exhausted) nothing happens until somebody asks.
   * `failsAt`: when an attempt of which nothing is heard counts as failed.
   */
  | {
      phase: "reconnecting";
      held: Held;
      cause: "network" | "missing";
      retryAt: number | null;
      failsAt: number | null;
      exhausted: boolean;
    }
  | {
      phase: "ended";
      reason: EndReason;
      code: string;
      claims: number;
      expiresAt: number | null;
      posterUrl: string | null;
    };

export type HeldState = Extract<State, { held: Held }>;

export type Input =
  | { type: "submit"; code: string }
  | { type: "restore"; code: string }
  | { type: "validated"; claim: number; answer: Answer<ValidateBody> }
  | { type: "heartbeatAnswered"; claim: number; answer: Answer<HeartbeatBody> }
  | { type: "refreshAnswered"; claim: number; answer: Answer<RefreshBody> }
  | { type: "statusAnswered"; claim: number; answer: Answer<StatusBody> }
  /** The edge answered 401 or 403. */
  | { type: "refused"; code: string }
  /** The edge has no such stream (404). */
  | { type: "missing" }
  /** The player gave up: network, 5xx, or a broken stream. */
  | { type: "trouble"; retryAfterSeconds: number | null }
  /** Media arrived from the edge. */
  | { type: "flowing" }
  | { type: "retry" }
  | { type: "online" }
  | { type: "leave" }
  | { type: "pageHidden" }
  | { type: "pageRestored" }
  | { type: "tick" };

/** Everything that a decision may depend on besides state and input. */
export interface Moment {
  /** This device's clock, Unix milliseconds. */
  at: number;
  /** A random number in [0, 1) for jitter. */
  roll: number;
}

export type Effect =
  | { do: "validate"; code: string; claim: number }
  | { do: "heartbeat"; token: string; claim: number }
  | { do: "refresh"; token: string; claim: number }
  | { do: "status"; eventId: string; code: string; claim: number }
  | { do: "release"; token: string }
  /** Keep the code for a reload of this tab. */
  | { do: "remember"; code: string }
  | { do: "forget" };

export type Step = readonly [State, readonly Effect[]];

export type Failure = Refused | Unreachable;
