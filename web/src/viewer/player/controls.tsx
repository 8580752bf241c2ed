/** The row of controls under the picture. What a stream does not offer is absent. */
import { FullscreenIcon, MutedIcon, PauseIcon, PlayIcon, SoundIcon } from "./icons";
import { clockText, spokenTime } from "./time-text";
import type { VideoCommands, VideoState } from "./use-video";

export interface ControlsProps {
  state: VideoState;
  commands: VideoCommands;
  /** Null until the playlist told. */
  live: boolean | null;
  /** The picture is hidden: nothing can be done to it. */
  inert: boolean;
  onFullscreen: () => void;
}

export function Controls({ state, commands, live, inert, onFullscreen }: ControlsProps) {
  const silent = state.muted || state.volume === 0;
  return (
    <fieldset className="controls" aria-label="Playback controls" inert={inert}>
      {live === false && <Seek state={state} onSeek={commands.seek} />}
      <div className="control-row">
        <ControlButton name={state.paused ? "Play" : "Pause"} shortcut="Space" onPress={commands.toggle}>
          {state.paused ? <PlayIcon /> : <PauseIcon />}
        </ControlButton>
        <ControlButton name={silent ? "Unmute" : "Mute"} shortcut="M" onPress={commands.toggleMute}>
          {silent ? <MutedIcon /> : <SoundIcon />}
        </ControlButton>
        <input
          className="volume"
          type="range"
          min={0}
          max={1}
          step={0.05}
          value={silent ? 0 : state.volume}
          aria-label="Volume"
          aria-valuetext={silent ? "muted" : `${Math.round(state.volume * 100)} percent`}
          onChange={(event) => commands.setVolume(event.target.valueAsNumber)}
        />
        <span className="time">{timeShown(state, live)}</span>
        <span className="spring" />
        <ControlButton name="Full screen" shortcut="F" onPress={onFullscreen}>
          <FullscreenIcon />
        </ControlButton>
      </div>
    </fieldset>
  );
}

function Seek({ state, onSeek }: { state: VideoState; onSeek: (seconds: number) => void }) {
  const duration = Number.isFinite(state.duration) ? state.duration : 0;
  return (
    <input
      className="seek"
      type="range"
      min={0}
      max={duration}
      step={1}
      value={Math.min(state.time, duration)}
      aria-label="Position"
      aria-valuetext={`${spokenTime(state.time)} of ${spokenTime(duration)}`}
      onChange={(event) => onSeek(event.target.valueAsNumber)}
    />
  );
}

function timeShown(state: VideoState, live: boolean | null): string {
  if (live === null) return "";
  return live ? "Live" : `${clockText(state.time)} / ${clockText(state.duration)}`;
}

interface ControlButtonProps {
  name: string;
  shortcut: string;
  onPress: () => void;
  children: React.ReactNode;
}

function ControlButton({ name, shortcut, onPress, children }: ControlButtonProps) {
  return (
    <button
      type="button"
      className="control"
      aria-label={name}
      aria-keyshortcuts={shortcut}
      title={`${name} (${shortcut})`}
      onClick={onPress}
    >
      {children}
    </button>
  );
}
