/** What an edge says of a stream, as a word with its colour. */

import { counted } from "../amounts";
import type { StreamTest } from "../api/types";
import { ago } from "../time";
import { useNow } from "../use-now";

const words: Record<StreamTest["state"], string> = {
  live: "Live",
  stalled: "Stalled",
  ended: "Ended",
  absent: "Absent",
  unknown: "No edge answered",
};

/** What to do about it, in one sentence; nothing needs to be done about a live stream. */
export const advice: Record<StreamTest["state"], string | null> = {
  live: null,
  stalled: "The playlist stopped changing. Look at the encoder.",
  ended: "The encoder has closed the recording. Viewers can watch it from the beginning.",
  absent: "No playlist has arrived. Start the encoder, or check the address.",
  unknown: "The edge may be down or out of reach. Look at Edges.",
};

export function StreamState({ test, brief = false }: { test: StreamTest; brief?: boolean }) {
  const now = useNow();
  const changed = test.lastChangedAt === null ? null : `changed ${ago(test.lastChangedAt, now)}`;
  const renditions = test.renditions === null ? null : counted(test.renditions, "rendition");
  const facts = [brief ? null : renditions, changed].filter((fact) => fact !== null).join(", ");
  return (
    <span className="c-stream-state" data-state={test.state}>
      <span className="c-stream-word">
        <span className="c-dot" aria-hidden="true" />
        {words[test.state]}
        {brief && facts !== "" && `, ${facts}`}
      </span>
      {!brief && facts !== "" && <span className="c-hint">{facts}</span>}
    </span>
  );
}
