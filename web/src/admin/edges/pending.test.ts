import { expect, test } from "vitest";
import type { Edge } from "../api/types";
import { allChanges, begin, isAnythingPending, reach, settle } from "./pending";

const edge = (id: string, appliedSeq: number | null, isHeard = true): Edge => ({
  id,
  mode: "local",
  version: "1.0.0",
  lastContactAt: "2026-11-28T19:30:00Z",
  isHeard,
  appliedSeq,
  lag: 0,
  clockOffsetMs: 0,
});

test("a change is in force on the edges that have applied it, of those that are heard", () => {
  const edges = [edge("lund-1", 12), edge("malmo-2", 11), edge("oslo-1", null), edge("gone-1", 3, false)];
  expect(reach(12, edges)).toEqual({ applied: 1, heard: 3, missing: ["malmo-2", "oslo-1"] });
});

test("a change settles once, with the time that it took", () => {
  begin(["a"], 7, 1_000);
  expect(settle([edge("lund-1", 6)], 1_100)).toEqual([]);
  expect(isAnythingPending()).toBe(true);
  expect(settle([edge("lund-1", 7)], 1_200)).toEqual(["a"]);
  expect(settle([edge("lund-1", 8)], 1_300)).toEqual([]);
  expect(allChanges().get("a")?.tookMs).toBe(200);
  expect(isAnythingPending()).toBe(false);
});

test("no change is in force where no edge is heard", () => {
  begin(["b"], 1, 0);
  expect(settle([edge("gone-1", 9, false)], 10)).toEqual([]);
});

test("a change that every token has outlived is forgotten", () => {
  begin(["old"], 1, 0);
  begin(["new"], 2, 3_600_000);
  expect(allChanges().has("old")).toBe(false);
});
