import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { EdgeAnswer } from "../../engine/edge-check";
import { startWatchdog } from "./watchdog";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watched(moving = true) {
  const told: EdgeAnswer[] = [];
  let asked = 0;
  const dog = startWatchdog({
    moving: () => moving,
    ask: async () => {
      asked += 1;
      return { kind: "refused", code: "ticket_revoked" };
    },
    told: (answer) => told.push(answer),
  });
  return { dog, told, asked: () => asked };
}

it("asks the edge after 2.5 s of silence, and again 2.5 s later", async () => {
  const { told, asked } = watched();
  await vi.advanceTimersByTimeAsync(2499);
  expect(asked()).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(told).toEqual([{ kind: "refused", code: "ticket_revoked" }]);
  await vi.advanceTimersByTimeAsync(2500);
  expect(asked()).toBe(2);
});

it("keeps quiet while the edge answers the player", async () => {
  const { dog, asked } = watched();
  for (let seconds = 0; seconds < 10; seconds += 1) {
    dog.answered();
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(asked()).toBe(0);
});

it("keeps quiet while the picture stands still", async () => {
  const { asked } = watched(false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked()).toBe(0);
});

it("tells nothing after its end", async () => {
  const { dog, told } = watched();
  dog.check();
  dog.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual([]);
});
