/** The picture, and around it what a viewer needs to hold it. */
import { useEffect, useEffectEvent, useRef } from "react";
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
import { useVideo } from "./use-video";

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
  const live = useEngine({ video, held, carrier: config.tokenCarrier, suspended, play: commands.play, send });

  function fullscreen() {
    if (area.current !== null && video.current !== null) toggleFullscreen(area.current, video.current);
  }
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const wanted = shortcut(keyOf(event));
    if (wanted === null) return;
    event.preventDefault();
    if (wanted === "play") commands.toggle();
    else if (wanted === "mute") commands.toggleMute();
    else fullscreen();
  });
  useEffect(() => {
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  return (
    <main id="player" className="player" ref={area} data-idle={idle && !shown.paused}>
      {/* biome-ignore lint/a11y/useMediaCaption: captions come with the stream, when it has any */}
      <video
        ref={video}
        className="picture"
        aria-label={held.event.title}
        poster={held.event.posterUrl ?? undefined}
        playsInline
        onClick={commands.toggle}
        onDoubleClick={fullscreen}
      />
      <header className="player-header">
        <button type="button" className="control" aria-label="Back" onClick={onLeave}>
          <BackIcon />
        </button>
        <h1>{held.event.title}</h1>
        <Badge live={live} still={state.phase === "reconnecting"} />
        <span className="spring" />
        <AccessLeft state={state} now={now} />
      </header>
      {shown.buffering && !suspended && <span className="spinner buffering" aria-hidden="true" />}
      <div role="status" className="visually-hidden">
        {spoken(live, shown.buffering, shown.ended)}
      </div>
      {shown.mutedByBrowser && (
        <div className="unmute">
          <Button onClick={commands.toggleMute}>Tap to unmute</Button>
        </div>
      )}
      <Controls state={shown} commands={commands} live={live} onFullscreen={fullscreen} />
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

function spoken(live: boolean | null, buffering: boolean, ended: boolean): string {
  if (ended) return "The end has been reached";
  if (buffering || live === null) return "Buffering";
  return live ? "Playing live" : "Playing the recording";
}
