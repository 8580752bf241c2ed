/** Mute and volume: beside each other where there is room, the slider in a popover on phones. */
import { type CSSProperties, useEffect, useRef, useState } from "react";
import { ControlButton } from "./control-button";
import { SoundIcon } from "./icons";
import type { VideoCommands, VideoState } from "./use-video";

export interface SoundProps {
  state: VideoState;
  commands: VideoCommands;
  /** There is no room for a slider beside the button. */
  compact: boolean;
}

export function Sound({ state, commands, compact }: SoundProps) {
  const silent = state.muted || state.volume === 0;
  const [open, setOpen] = useState(false);
  const area = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    area.current?.querySelector("input")?.focus();
    const away = (event: Event) => {
      if (event.target instanceof Node && !area.current?.contains(event.target)) setOpen(false);
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      setOpen(false);
      area.current?.querySelector("button")?.focus();
    };
    window.addEventListener("pointerdown", away);
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("pointerdown", away);
      window.removeEventListener("keydown", onKey);
    };
  }, [open]);

  const icon = <SoundIcon silent={silent} low={state.volume < 0.5} />;
  const muteName = silent ? "Unmute" : "Mute";
  const mute = (
    <ControlButton name={muteName} label={muteName} shortcut="M" onPress={commands.toggleMute}>
      {icon}
    </ControlButton>
  );
  // Where the system owns the volume there is nothing to slide.
  if (state.volumeFixed) return <div className="sound">{mute}</div>;
  const slider = (
    <input
      className="volume"
      type="range"
      min={0}
      max={1}
      step={0.05}
      value={silent ? 0 : state.volume}
      style={{ "--played": silent ? 0 : state.volume } as CSSProperties}
      aria-label="Volume"
      aria-valuetext={silent ? "muted" : `${Math.round(state.volume * 100)} percent`}
      onChange={(event) => commands.setVolume(event.target.valueAsNumber)}
    />
  );
  if (!compact) {
    return (
      <div className="sound">
        {mute}
        {slider}
      </div>
    );
  }
  return (
    <div className="sound tool" ref={area}>
      <button
        type="button"
        className={`control ${open ? "on" : ""}`}
        aria-label="Sound"
        aria-expanded={open}
        title="Sound"
        onClick={() => setOpen(!open)}
      >
        {icon}
        <span className="tool-label" aria-hidden="true">
          Sound
        </span>
      </button>
      {open && (
        <fieldset className="menu sound-menu" aria-label="Volume and mute">
          {mute}
          {slider}
        </fieldset>
      )}
    </div>
  );
}
