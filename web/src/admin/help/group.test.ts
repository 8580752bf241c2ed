import { expect, test } from "vitest";
import { grouped } from "./group";

const refusal = (minute: number, code: string) => ({
  at: `2026-11-28T19:${minute}:00Z`,
  reason: code,
  place: "validate" as const,
});

test("equal refusals that follow each other are one line with their number", () => {
  const groups = grouped([
    refusal(33, "in_use"),
    refusal(32, "in_use"),
    refusal(31, "in_use"),
    refusal(22, "rate_limited"),
    refusal(20, "in_use"),
  ]);
  expect(groups.map(({ reason, times }) => [reason, times])).toEqual([
    ["in_use", 3],
    ["rate_limited", 1],
    ["in_use", 1],
  ]);
  expect(groups[0]).toMatchObject({ first: "2026-11-28T19:31:00Z", last: "2026-11-28T19:33:00Z" });
});
