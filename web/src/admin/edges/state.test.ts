import { expect, test } from "vitest";
import type { Edge } from "../api/types";
import { edgesState } from "./state";

const now = Date.parse("2026-11-28T19:30:00Z");
const edge = (change: Partial<Edge> = {}): Edge => ({
  id: "oslo-1",
  mode: "local",
  version: "1.0.0",
  lastContactAt: new Date(now - 2_000).toISOString(),
  isHeard: true,
  appliedSeq: 12,
  lag: 0,
  clockOffsetMs: 5,
  ...change,
});

test("the worst that an edge says is what is said of all", () => {
  expect(edgesState([edge(), edge({ id: "lund-1" })], now)).toEqual({ kind: "good", words: "2 edges, all in step" });
  expect(edgesState([edge(), edge({ id: "lund-1", lag: 3 })], now).words).toBe("lund-1: 3 changes behind");
  const late = edge({ lastContactAt: new Date(now - 20_000).toISOString() });
  expect(edgesState([late], now).words).toBe("oslo-1: silent for 20 s");
  expect(edgesState([late, edge({ isHeard: false })], now)).toEqual({ kind: "lost", words: "1 of 2 edges in contact" });
  expect(edgesState([edge({ clockOffsetMs: -2_001 })], now).words).toBe("oslo-1: its clock is off");
  expect(edgesState([], now).kind).toBe("none");
});
