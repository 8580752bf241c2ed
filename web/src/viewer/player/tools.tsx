/** Captions, audio, quality, picture in picture and full screen: each only where there is something to choose. */
import type { Offers } from "../../engine/offers";
import { ControlButton } from "./control-button";
import type { ControlsProps } from "./controls";
import { AudioIcon, CaptionsIcon, FullscreenIcon, PopOutIcon, QualityIcon } from "./icons";
import { Menu, type MenuRow } from "./menu";

const OFF = -1;

export function Tools({ state, commands, offers, fullscreen, onChoose, onFullscreen }: ControlsProps) {
  return (
    <div className="tools">
      {offers.captions.length > 0 && (
        <Menu
          name="Captions"
          label="Captions"
          icon={<CaptionsIcon />}
          rows={[{ id: OFF, name: "Off" }, ...offers.captions]}
          chosen={offers.caption}
          on={offers.caption !== OFF}
          onChoose={(id) => onChoose("caption", id)}
        />
      )}
      {offers.audios.length > 1 && (
        <Menu
          name="Audio"
          label="Audio"
          icon={<AudioIcon />}
          rows={offers.audios}
          chosen={offers.audio}
          onChoose={(id) => onChoose("audio", id)}
        />
      )}
      {offers.qualities.length > 1 && (
        <Menu
          name="Quality"
          label="Quality"
          icon={<QualityIcon />}
          rows={qualityRows(offers)}
          chosen={offers.quality}
          onChoose={(id) => onChoose("quality", id)}
        />
      )}
      {state.canPopOut && (
        <ControlButton
          name="Pop out: picture in picture"
          label="Pop out"
          pressed={state.poppedOut}
          onPress={commands.popOut}
        >
          <PopOutIcon />
        </ControlButton>
      )}
      <ControlButton
        name={fullscreen ? "Leave full screen" : "Full screen"}
        label="Full screen"
        shortcut="F"
        onPress={onFullscreen}
      >
        <FullscreenIcon on={fullscreen} />
      </ControlButton>
    </div>
  );
}

function qualityRows({ qualities, playing, quality }: Offers): MenuRow[] {
  const best = [...qualities].sort((a, b) => b.height - a.height || b.bitsPerSecond - a.bitsPerSecond);
  const name = ({ height, bitsPerSecond }: Offers["qualities"][number]) =>
    height > 0 ? `${height}p` : megabits(bitsPerSecond);
  const now = qualities.find(({ id }) => id === playing);
  return [
    { id: OFF, name: "Auto", fact: quality === OFF && now !== undefined ? `${name(now)} now` : undefined },
    ...best.map((each) => ({ id: each.id, name: name(each), fact: megabits(each.bitsPerSecond) })),
  ];
}

const megabits = (bits: number) => `${(bits / 1_000_000).toFixed(1)} Mbit/s`;
