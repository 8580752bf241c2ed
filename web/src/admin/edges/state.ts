/** How the edges are, in one sentence. */
import type { Edge } from "../api/types";
import { duration } from "../time";

export interface EdgesState {
  kind: "good" | "behind" | "lost" | "none";
  words: string;
}

// An edge reports every 5 s: twice that is late, and a minute is lost.
const LATE_MS = 12_000;
// The contract calls an edge degraded above this.
export const CLOCK_OFF_MS = 2_000;

export function edgeState(edge: Edge, now: number): EdgesState {
  const silent = Math.max(0, now - Date.parse(edge.lastContactAt));
  if (!edge.isHeard) return { kind: "lost", words: `no contact for ${duration(silent)}` };
  if (silent > LATE_MS) return { kind: "behind", words: `silent for ${duration(silent)}` };
  if (edge.appliedSeq === null) return { kind: "behind", words: "follows no feed yet" };
  if (edge.lag !== null && edge.lag > 0) {
    return { kind: "behind", words: `${edge.lag} ${edge.lag === 1 ? "change" : "changes"} behind` };
  }
  if (Math.abs(edge.clockOffsetMs) > CLOCK_OFF_MS) return { kind: "behind", words: "its clock is off" };
  return { kind: "good", words: "in step" };
}

export function edgesState(edges: readonly Edge[], now: number): EdgesState {
  if (edges.length === 0) return { kind: "none", words: "No edge has been heard yet" };
  const states = edges.map((edge) => ({ edge, state: edgeState(edge, now) }));
  const lost = states.filter(({ state }) => state.kind === "lost").length;
  if (lost > 0) return { kind: "lost", words: `${edges.length - lost} of ${edges.length} edges in contact` };
  const behind = states.find(({ state }) => state.kind === "behind");
  if (behind !== undefined) return { kind: "behind", words: `${behind.edge.id}: ${behind.state.words}` };
  return { kind: "good", words: edges.length === 1 ? "1 edge, in step" : `${edges.length} edges, all in step` };
}
