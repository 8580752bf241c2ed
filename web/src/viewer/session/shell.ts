/** Runs the session's state machine: lends it clock, randomness, network and memory, and tells listeners of every change. */
import type { ViewerApi } from "../../api/client";
import { initial, step } from "./machine";
import type { Memory } from "./memory";
import type { Effect, Input, State } from "./model";

export interface World {
  api: ViewerApi;
  memory: Memory;
  now(): number;
  roll(): number;
}

export interface Session {
  state(): State;
  send(input: Input): void;
  subscribe(listener: () => void): () => void;
}

export function createSession(world: World): Session {
  let state = initial;
  const listeners = new Set<() => void>();

  function send(input: Input): void {
    const [next, effects] = step(state, input, { at: world.now(), roll: world.roll() });
    const changed = next !== state;
    state = next;
    for (const effect of effects) run(effect, world, send);
    if (changed) for (const listener of [...listeners]) listener();
  }

  return {
    state: () => state,
    send,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function run(effect: Effect, { api, memory }: World, send: (input: Input) => void): void {
  switch (effect.do) {
    case "validate":
      void api
        .validate(effect.code, memory.deviceId())
        .then((answer) => send({ type: "validated", claim: effect.claim, answer }));
      return;
    case "heartbeat":
      void api
        .heartbeat(effect.token)
        .then((answer) => send({ type: "heartbeatAnswered", claim: effect.claim, answer }));
      return;
    case "refresh":
      void api.refresh(effect.token).then((answer) => send({ type: "refreshAnswered", claim: effect.claim, answer }));
      return;
    case "status":
      void api
        .status(effect.eventId, effect.code)
        .then((answer) => send({ type: "statusAnswered", claim: effect.claim, answer }));
      return;
    case "release":
      api.release(effect.token);
      return;
    case "remember":
      memory.remember(effect.code);
      return;
    case "forget":
      memory.forget();
      return;
  }
}
