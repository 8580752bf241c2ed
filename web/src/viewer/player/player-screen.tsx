/** The picture, and around it what a viewer needs to hold it. */
import { useEffect, useEffectEvent, useId, useRef } from "react";
import { Button } from "../../ui/button";
import type { ViewerConfig } from "../config";
import type { HeldState, Input } from "../session/model";
import { expiry, serverTime } from "../session/timing";
import { useNow } from "../use-now";
import { Controls } from "./controls";
import { toggleFullscreen } from "./fullscreen";
import { BackIcon } from "./icons";
import { Notices, stopsPicture } from "./notices";
import "./player.css";
import { keyOf, shortcut } from "./shortcuts";
import { leftText } from "./time-text";
import { useEngine } from "./use-engine";
import { useIdle } from "./use-idle";
import { useVideo, type VideoState } from "./use-video";

export interface PlayerScreenProps {
  config: ViewerConfig;
  state: HeldState;
  send: (input: Input) => void;
  onLeave: () => void;
}

export default function PlayerScreen({ config, state, send, onLeave }: PlayerScreenProps) {
  const area = useRef<HTMLElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const now = useNow();
  const idle = useIdle(area);
  const { held } = state;
  const { state: shown, commands } = useVideo(video);
  const suspended = stopsPicture(state);
  const reconnecting = state.phase === "reconnecting";
  const live = useEngine({
    video,
    held,
    carrier: config.tokenCarrier,
    suspended,
    reconnecting,
    play: commands.play,
    send,
  });
  const heading = useId();
  const touched = useRef(false);

  function fullscreen() {
    if (area.current !== null && video.current !== null) toggleFullscreen(area.current, video.current);
  }
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const wanted = shortcut(keyOf(event));
    if (wanted === null) return;
    event.preventDefault();
    // A key that is held down must not flicker, and nothing plays behind the cover.
    if (event.repeat || suspended) return;
    if (wanted === "play") commands.toggle();
    else if (wanted === "mute") commands.toggleMute();
    else fullscreen();
  });
  useEffect(() => {
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  // Readers and keyboards begin at the new screen, not at the button that is gone.
  useEffect(() => area.current?.focus({ preventScroll: true }), []);

  return (
    <main
      id="player"
      className="player"
      ref={area}
      tabIndex={-1}
      aria-labelledby={heading}
      data-idle={idle && !shown.paused}
    >
      {/* biome-ignore lint/a11y/useMediaCaption: captions come with the stream, when it has any */}
      <video
        ref={video}
        className="picture"
        aria-label={held.event.title}
        poster={held.event.posterUrl ?? undefined}
        playsInline
        onPointerDown={(event) => {
          touched.current = event.pointerType === "touch";
        }}
        // A tap shows the controls and nothing else.
        onClick={() => !touched.current && commands.toggle()}
        onDoubleClick={() => !touched.current && fullscreen()}
      />
      <header className="player-header">
        <button type="button" className="control" aria-label="Back" onClick={onLeave}>
          <BackIcon />
        </button>
        <h1 id={heading}>{held.event.title}</h1>
        <Badge live={live} still={reconnecting} />
        <span className="spring" />
        <AccessLeft state={state} now={now} />
      </header>
      {shown.buffering && !suspended && !reconnecting && <span className="spinner buffering" aria-hidden="true" />}
      <div role="status" className="visually-hidden">
        {spoken(live, shown)}
      </div>
      {shown.mutedByBrowser && (
        <div className="unmute">
          <Button onClick={commands.toggleMute}>Tap to unmute</Button>
        </div>
      )}
      <Controls state={shown} commands={commands} live={live} inert={suspended} onFullscreen={fullscreen} />
      <Notices state={state} now={now} onRetry={() => send({ type: "retry" })} onLeave={onLeave} />
    </main>
  );
}

function Badge({ live, still }: { live: boolean | null; still: boolean }) {
  if (live === null) return null;
  return <span className={`badge ${live && !still ? "live" : "recording"}`}>{live ? "LIVE" : "Recording"}</span>;
}

function AccessLeft({ state, now }: { state: HeldState; now: number }) {
  const left = expiry(state.held, now);
  if (left !== "hours" && left !== "soon") return null;
  const ms = state.held.expiresAt - serverTime(state.held, now);
  return <span className={left === "soon" ? "access-left soon" : "access-left"}>Access expires in {leftText(ms)}</span>;
}

function spoken(live: boolean | null, { buffering, ended, paused }: VideoState): string {
  if (ended) return "The end has been reached";
  if (buffering || live === null) return "Buffering";
  if (paused) return "Paused";
  return live ? "Playing live" : "Playing the recording";
}
