/** Where an event's picture comes from. */

import type { Event } from "../api/types";
import type { Edge } from "../edges/queries";

const modeWords: Record<string, string> = { local: "Local", proxy: "Proxy", hybrid: "Local and proxy" };

export const modeWord = (mode: string) => modeWords[mode] ?? mode;

/** The event's own address, else what the edges are set to; a dash while no edge is known. */
export function sourceWord(event: Pick<Event, "streamUrl">, edges: readonly Edge[] | undefined): string {
  if (event.streamUrl !== null) return "Override";
  const modes = [...new Set((edges ?? []).map(({ mode }) => modeWord(mode)))];
  return modes.length === 0 ? "–" : modes.join(", ");
}
