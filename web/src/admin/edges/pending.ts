/**
 * Changes that are on their way to the edges, by the ticket or event that changed.
 *
 * A change with the feed's number N is in force on an edge that has applied N. Edges that were not heard for a
 * minute do not count: nobody can say what they do.
 */
import type { Edge } from "../api/types";

export interface Change {
  feedSeq: number;
  startedAt: number;
  /** How long it took to be in force on all edges; `null` while it is not. */
  tookMs: number | null;
}

export interface Reach {
  applied: number;
  heard: number;
  /** Names of edges that count and have not applied the change. */
  missing: string[];
}

/** Tells how far a change has come. */
export function reach(feedSeq: number, edges: readonly Edge[]): Reach {
  const heard = edges.filter(({ isHeard }) => isHeard);
  const missing = heard.filter(({ appliedSeq }) => appliedSeq === null || appliedSeq < feedSeq);
  return { applied: heard.length - missing.length, heard: heard.length, missing: missing.map(({ id }) => id) };
}

// After the longest life of a token nothing from before a change works anywhere.
export const FORGET_AFTER_MS = 3_600_000;

let changes: ReadonlyMap<string, Change> = new Map();
const listeners = new Set<() => void>();

function put(next: ReadonlyMap<string, Change>) {
  changes = next;
  for (const listener of listeners) listener();
}

export const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
};

export const allChanges = () => changes;

export const isAnythingPending = () => [...changes.values()].some(({ tookMs }) => tookMs === null);

export function begin(ids: readonly string[], feedSeq: number, now: number): void {
  const kept = [...changes].filter(([, { startedAt }]) => now - startedAt < FORGET_AFTER_MS);
  put(new Map([...kept, ...ids.map((id): [string, Change] => [id, { feedSeq, startedAt: now, tookMs: null }])]));
}

/** Takes what the edges say now; returns the ids whose change is newly in force everywhere. */
export function settle(edges: readonly Edge[], now: number): string[] {
  const done = [...changes].filter(([, change]) => {
    if (change.tookMs !== null) return false;
    const { applied, heard } = reach(change.feedSeq, edges);
    return heard > 0 && applied === heard;
  });
  if (done.length === 0) return [];
  const next = new Map(changes);
  for (const [id, change] of done) next.set(id, { ...change, tookMs: now - change.startedAt });
  put(next);
  return done.map(([id]) => id);
}
