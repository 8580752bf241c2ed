import type { Refusal } from "../api/types";

export interface RefusalGroup {
  first: string;
  last: string;
  reason: string;
  place: Refusal["place"];
  times: number;
}

/** Puts refusals of one kind that follow each other into one line. They come newest first. */
export function grouped(refusals: readonly Refusal[]): RefusalGroup[] {
  const groups: RefusalGroup[] = [];
  for (const { at, reason, place } of refusals) {
    const group = groups.at(-1);
    if (group !== undefined && group.reason === reason && group.place === place) {
      group.first = at;
      group.times += 1;
    } else groups.push({ first: at, last: at, reason, place, times: 1 });
  }
  return groups;
}
