/** Test support: plays inputs to the session's machine at chosen moments. */
import type { Answer, HeartbeatBody, RefreshBody, Refused, Unreachable, ValidateBody } from "../../api/client";
import { initial, step } from "./machine";
import type { Effect, EventStatus, Input, State } from "./model";

export const startAt = Date.UTC(2026, 10, 24, 12, 0, 0);

export class Play {
  state: State = initial;
  at = startAt;
  roll = 0.5;
  /** Every effect so far, and those of the last input. */
  effects: Effect[] = [];
  last: readonly Effect[] = [];

  send(input: Input): void {
    const [state, effects] = step(this.state, input, { at: this.at, roll: this.roll });
    this.state = state;
    this.last = effects;
    this.effects.push(...effects);
  }

  /** Lets time go by and ticks once at its end. */
  pass(ms: number): void {
    this.at += ms;
    this.send({ type: "tick" });
  }

  static redeemed(answer: ValidateBody): Play {
    const play = new Play();
    play.send({ type: "submit", code: "AbC" });
    play.send(afterValidate(1, { kind: "ok", body: answer }));
    return play;
  }

  static watching(): Play {
    return Play.redeemed(body());
  }
}

interface Wanted {
  status?: EventStatus;
  token?: string;
  startsInMs?: number;
  expiresInMs?: number;
  tokenExpiresIn?: number;
  serverAheadMs?: number;
}

export function body(wanted: Wanted = {}): ValidateBody {
  const serverNow = startAt + (wanted.serverAheadMs ?? 0);
  const iso = (ms: number) => new Date(serverNow + ms).toISOString();
  const status = wanted.status ?? "live";
  const startsInMs = wanted.startsInMs ?? 600_000;
  return {
    event: {
      id: "e1",
      title: "Halden Quartet",
      description: "",
      startsAt: iso(startsInMs),
      endsAt: iso(startsInMs + 7_200_000),
      posterUrl: null,
      isLive: status === "live",
    },
    playbackToken: wanted.token ?? "token-1",
    playbackBaseUrl: "",
    streamPath: "/streams/e1/stream.m3u8",
    expiresAt: iso(wanted.expiresInMs ?? 48 * 3_600_000),
    tokenExpiresIn: wanted.tokenExpiresIn ?? 3600,
    serverTime: iso(0),
    status,
  };
}

export const unreachable: Unreachable = { kind: "unreachable", offline: false };

export const refused = (status: number, code: string): Refused => ({
  kind: "refused",
  status,
  code,
  reason: null,
  retryAfterSeconds: null,
  expiredAt: null,
});

export const afterValidate = (claim: number, answer: Answer<ValidateBody>): Input => ({
  type: "validated",
  claim,
  answer,
});

export const afterHeartbeat = (claim: number, answer: Answer<HeartbeatBody>): Input => ({
  type: "heartbeatAnswered",
  claim,
  answer,
});

export const afterRefresh = (claim: number, answer: Answer<RefreshBody>): Input => ({
  type: "refreshAnswered",
  claim,
  answer,
});

/** A refresh that gave a second token and a later end. */
export const renewed: Input = afterRefresh(1, {
  kind: "ok",
  body: { playbackToken: "token-2", tokenExpiresIn: 3600, expiresAt: new Date(startAt + 9e6).toISOString() },
});

export const beaten: Input = afterHeartbeat(1, { kind: "ok", body: { ok: true } });
