/** The picture, and around it what a viewer needs to hold it. */
import { useCallback, useEffect, useEffectEvent, useId, useRef, useState } from "react";
import { Button } from "../../ui/button";
import type { ViewerConfig } from "../config";
import { MoreText } from "../more-text";
import type { HeldState, Input } from "../session/model";
import { useNow } from "../use-now";
import { Captions } from "./captions";
import { Controls } from "./controls";
import { toggleFullscreen } from "./fullscreen";
import { Header } from "./header";
import { Notices, stopsPicture } from "./notices";
import { PlayerStatus } from "./player-status";
import { TurnHint } from "./turn-hint";
import "./player.css";
import "./seek.css";
import "./menu.css";
import "./controls.css";
import "./stacked.css";
import "./notices.css";
import { ShortcutsSheet } from "./shortcuts-sheet";
import { seekTarget, timeline } from "./timeline";
import { useEngine } from "./use-engine";
import { useIdle } from "./use-idle";
import { useKeys } from "./use-keys";
import { useLayout, useRotation } from "./use-layout";
import { useTouch } from "./use-touch";
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
  const { idle, rest } = useIdle(area);
  const { layout, compact, fullscreen } = useLayout();
  const [helping, setHelping] = useState(false);
  const { held } = state;
  const { state: shown, commands } = useVideo(video);
  const suspended = stopsPicture(state);
  const reconnecting = state.phase === "reconnecting";
  const { live, window, offers, choose } = useEngine({
    video,
    held,
    carrier: config.tokenCarrier,
    suspended,
    reconnecting,
    play: commands.play,
    send,
  });
  const playing = { time: shown.time, duration: shown.duration, live, window };
  const line = timeline(playing);
  const heading = useId();
  // What a tap finds: the controls that it brings must not be hidden by it again.
  const found = useRef({ touch: false, idle: false });

  const seek = (seconds: number) => commands.seek(seekTarget(seconds, playing));
  const skip = useEffectEvent((seconds: number) => {
    if (line?.seekable !== true || video.current === null) return;
    // From where the picture is now, so that quick repetitions add up.
    commands.seek(seekTarget(video.current.currentTime + seconds, playing));
  });
  const { ripple, onPointerUp } = useTouch({
    onSkip: (seconds) => skip(seconds),
    onTap: () => !found.current.idle && !shown.paused && rest(),
  });
  function switchFullscreen() {
    if (area.current !== null && video.current !== null) toggleFullscreen(area.current, video.current);
  }
  useKeys((wanted) => {
    // Nothing plays behind the cover, and an open list of keys has the keys.
    if (suspended || area.current?.querySelector("dialog[open]")) return;
    if (wanted === "play") commands.toggle();
    else if (wanted === "mute") commands.toggleMute();
    else if (wanted === "fullscreen") switchFullscreen();
    else if (wanted === "help") setHelping(true);
    else if (wanted === "louder" || wanted === "quieter") commands.changeVolume(wanted === "louder" ? 0.1 : -0.1);
    else skip(wanted === "back" ? -10 : 10);
  });
  useRotation(
    useCallback(() => area.current, []),
    useCallback(() => video.current, []),
  );
  // Readers and keyboards begin at the new screen, not at the button that is gone.
  useEffect(() => area.current?.focus({ preventScroll: true }), []);

  return (
    <main
      id="player"
      className="player"
      ref={area}
      tabIndex={-1}
      aria-labelledby={heading}
      data-layout={layout}
      data-idle={idle && !shown.paused && layout !== "stacked"}
      data-covered={suspended || (reconnecting && (shown.buffering || state.exhausted))}
    >
      <div
        className="stage"
        onPointerDownCapture={(event) => {
          found.current = { touch: event.pointerType === "touch", idle };
        }}
        onPointerUp={onPointerUp}
      >
        {/* biome-ignore lint/a11y/useMediaCaption: captions come with the stream, when it has any */}
        <video
          ref={video}
          className="picture"
          aria-label={held.event.title}
          poster={held.event.posterUrl ?? undefined}
          playsInline
          // A tap shows the controls and nothing else.
          onClick={() => !found.current.touch && commands.toggle()}
          onDoubleClick={() => !found.current.touch && switchFullscreen()}
        />
        {shown.audioOnly && held.event.posterUrl !== null && (
          <img className="audio-poster" src={held.event.posterUrl} alt="" referrerPolicy="no-referrer" />
        )}
        <Captions video={video} />
        {ripple !== null && (
          <div key={ripple.count} className={`ripple ${ripple.side}`} aria-hidden="true">
            <span>
              {ripple.seconds > 0 ? "+" : "−"}
              {Math.abs(ripple.seconds)} s
            </span>
          </div>
        )}
        {shown.buffering && !suspended && !reconnecting && <span className="spinner buffering" aria-hidden="true" />}
        {shown.mutedByBrowser && (
          <div className="unmute">
            <Button onClick={commands.toggleMute}>Tap to unmute</Button>
          </div>
        )}
      </div>
      <Header state={state} now={now} headingId={heading} live={live} still={reconnecting} onLeave={onLeave} />
      <PlayerStatus live={live} video={shown} />
      <Controls
        state={shown}
        commands={commands}
        line={line}
        window={window}
        offers={offers}
        compact={compact}
        fullscreen={fullscreen}
        inert={suspended}
        onSeek={seek}
        onSkip={(seconds) => skip(seconds)}
        onLive={() => window !== null && seek(window.edge)}
        onChoose={choose}
        onFullscreen={switchFullscreen}
      />
      {layout === "stacked" && (
        <div className="about">
          <MoreText text={held.event.description} lines={3} />
          <TurnHint />
        </div>
      )}
      <Notices
        state={state}
        now={now}
        moving={!shown.buffering && !shown.paused}
        left={live === false ? shown.duration - shown.time : null}
        onRetry={() => send({ type: "retry" })}
        onLeave={onLeave}
      />
      {helping && <ShortcutsSheet onClose={() => setHelping(false)} />}
    </main>
  );
}
