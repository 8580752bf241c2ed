/** How to publish: where the encoder writes or what the edges fetch, and what they say of it. */
import { useQuery } from "@tanstack/react-query";
import type { EventDetail } from "../api/types";
import { Button } from "../parts/button";
import { CopyIcon } from "../parts/copy-button";
import { advice, StreamState } from "./stream-state";
import { testStream } from "./test-stream";

const EVERY_MS = 5_000;

/** The encoder's command line: one rendition, short segments, written so that no reader ever sees half a file. */
export const ffmpegLine = (folder: string) =>
  [
    // ffmpeg makes no folder.
    `mkdir -p ${folder} &&`,
    "ffmpeg -re -i INPUT \\",
    "  -c:v libx264 -g 50 -c:a aac \\",
    "  -f hls -hls_time 2 -hls_list_size 0 \\",
    "  -hls_playlist_type event \\",
    "  -hls_flags temp_file+independent_segments \\",
    `  ${folder}/stream.m3u8`,
  ].join("\n");

export function PublishCard({ event }: { event: EventDetail }) {
  const state = useQuery({
    queryKey: ["stream", event.id],
    queryFn: () => testStream(event.id),
    refetchInterval: EVERY_MS,
  });
  const folder = `STREAM_ROOT/${event.id}`;
  const hint = state.data === undefined ? null : advice[state.data.state];
  return (
    <section className="c-card" aria-label="How to publish">
      <div className="c-card-head">
        <h2>How to publish</h2>
        {state.data !== undefined && <StreamState test={state.data} brief />}
      </div>
      {hint !== null && <p className="c-hint">{hint}</p>}
      {event.streamUrl === null ? (
        <>
          <Copyable label="Write HLS into this folder of an edge" what="folder" text={folder} />
          <Copyable label="Or start from this ffmpeg line" what="ffmpeg line" text={ffmpegLine(folder)} block />
        </>
      ) : (
        <Copyable label="Edges fetch this event from" what="upstream address" text={event.streamUrl} />
      )}
      <Button size="small" busy={state.isFetching && state.data === undefined} onClick={() => void state.refetch()}>
        Test Stream
      </Button>
    </section>
  );
}

function Copyable({
  label,
  what,
  text,
  block = false,
}: {
  label: string;
  what: string;
  text: string;
  block?: boolean;
}) {
  return (
    <div className="c-copyable">
      <p className="c-hint">{label}</p>
      <div className="c-copyable-box">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled must be reachable by keyboard */}
        <code data-block={block} tabIndex={0}>
          {text}
        </code>
        <CopyIcon what={what} text={() => text} />
      </div>
    </div>
  );
}
