/** The controls under the picture. What a stream or a browser does not offer is absent. */
import type { LiveWindow, OfferKind, Offers } from "../../engine/offers";
import { ControlButton } from "./control-button";
import { PlayPauseIcon, SkipIcon } from "./icons";
import { SeekBar } from "./seek-bar";
import { Sound } from "./sound";
import { clockText } from "./time-text";
import type { Timeline } from "./timeline";
import { Tools } from "./tools";
import type { VideoCommands, VideoState } from "./use-video";

export interface ControlsProps {
  state: VideoState;
  commands: VideoCommands;
  line: Timeline | null;
  window: LiveWindow | null;
  offers: Offers;
  compact: boolean;
  fullscreen: boolean;
  /** The picture is hidden: nothing can be done to it. */
  inert: boolean;
  onSeek: (seconds: number) => void;
  onSkip: (seconds: number) => void;
  onLive: () => void;
  onChoose: (kind: OfferKind, id: number) => void;
  onFullscreen: () => void;
}

export function Controls(props: ControlsProps) {
  const { state, commands, line, window, compact, inert, onSeek, onSkip, onLive } = props;
  return (
    <fieldset className="controls" aria-label="Playback controls" inert={inert}>
      {line?.seekable === true && <SeekBar line={line} window={window} buffered={state.bufferedTo} onSeek={onSeek} />}
      <div className="transport">
        <ControlButton
          name={state.paused ? "Play" : "Pause"}
          shortcut="Space"
          className="play"
          onPress={commands.toggle}
        >
          <PlayPauseIcon paused={state.paused} />
        </ControlButton>
        {line?.seekable === true && (
          <>
            <ControlButton
              name="Back 10 seconds"
              shortcut="ArrowLeft"
              className="skip-back"
              onPress={() => onSkip(-10)}
            >
              <SkipIcon back />
            </ControlButton>
            <ControlButton
              name="Forward 10 seconds"
              shortcut="ArrowRight"
              className="skip-forward"
              onPress={() => onSkip(10)}
            >
              <SkipIcon />
            </ControlButton>
          </>
        )}
      </div>
      <Sound state={state} commands={commands} compact={compact} />
      <Time line={line} />
      {line?.kind === "live" && line.seekable && <GoLive atEdge={line.atEdge} onLive={onLive} />}
      <Tools {...props} />
    </fieldset>
  );
}

function GoLive({ atEdge, onLive }: { atEdge: boolean; onLive: () => void }) {
  if (atEdge) {
    return (
      <span className="go-live edge">
        <span className="go-live-dot" aria-hidden="true" /> Live
      </span>
    );
  }
  return (
    <button type="button" className="go-live" onClick={onLive}>
      <span className="go-live-dot" aria-hidden="true" /> Go live
    </button>
  );
}

function Time({ line }: { line: Timeline | null }) {
  if (line === null) return <span className="time" />;
  if (line.kind === "recording") {
    return (
      <span className="time">
        <b>{clockText(line.at)}</b> / {clockText(line.end)}
      </span>
    );
  }
  // The pill says it where there is one.
  if (line.atEdge) return <span className="time">{line.seekable ? "" : "Live"}</span>;
  return (
    <span className="time">
      <b>−{clockText(line.behind)}</b> behind live
    </span>
  );
}
