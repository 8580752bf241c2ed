/** The player's pictograms. Their buttons carry the names. */
import { Icon } from "../../ui/icons";

// By attribute: WebKit knows no `d` in style. Where it is a property too, style moves from one to the other.
const PAUSED = ["M7 4 L13.2 8.1 L13.2 15.9 L7 20 Z", "M13 8 L19 12 L19 12 L13 16 Z"] as const;
const PLAYING = ["M6.5 4.5 L10.5 4.5 L10.5 19.5 L6.5 19.5 Z", "M13.5 4.5 L17.5 4.5 L17.5 19.5 L13.5 19.5 Z"] as const;

/** Two halves that are a triangle together and two bars apart. */
export const PlayPauseIcon = ({ paused }: { paused: boolean }) => {
  const [left, right] = paused ? PAUSED : PLAYING;
  return (
    <svg viewBox="0 0 24 24" width="24" height="24" className="play-pause" aria-hidden="true">
      <path d={left} />
      <path d={right} />
    </svg>
  );
};

export const SkipIcon = ({ back = false }: { back?: boolean }) => (
  <Icon>
    {back ? (
      <path d="M4 4.5V9h4.5M4.4 9A8.3 8.3 0 1 1 3.7 12.7" />
    ) : (
      <path d="M20 4.5V9h-4.5M19.6 9A8.3 8.3 0 1 0 20.3 12.7" />
    )}
    <text x="12" y="15.4" textAnchor="middle" className="skip-number">
      10
    </text>
  </Icon>
);

export const SoundIcon = ({ silent, low }: { silent: boolean; low: boolean }) => (
  <Icon>
    <path d="M3.5 9.5v5h3.2L11.5 19V5L6.7 9.5z" />
    {silent ? (
      <path d="M15.5 9.5l5 5M20.5 9.5l-5 5" />
    ) : (
      <>
        <path d="M15 9.2a4 4 0 0 1 0 5.6" />
        {!low && <path d="M17.8 6.5a8 8 0 0 1 0 11" />}
      </>
    )}
  </Icon>
);

export const CaptionsIcon = () => (
  <Icon>
    <rect x="3" y="5" width="18" height="14" rx="2.2" />
    <path d="M7 11.5h3.5M13 11.5h4M7 15h2M11.5 15H17" />
  </Icon>
);

export const AudioIcon = () => (
  <Icon>
    <path d="M3 10.5v3M6.6 7.5v9M10.2 4.5v15M13.8 8.5v7M17.4 6v12M21 10.5v3" />
  </Icon>
);

export const QualityIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="3" />
    <path d="M12 2.8l1.6 2.7 3.1-.5 1 3 3 1-.6 3.1 2.4 1.9-2.4 2-3 .9-.4 3.1-3.1.3L12 21.2l-1.6-2.1-3.1-.3-.4-3.1-3-.9-2.4-2 2.4-1.9-.6-3.1 3-1 1-3 3.1.5z" />
  </Icon>
);

export const PopOutIcon = () => (
  <Icon>
    <path d="M21 10V6.2A2.2 2.2 0 0 0 18.8 4H5.2A2.2 2.2 0 0 0 3 6.2v9.6A2.2 2.2 0 0 0 5.2 18H9" />
    <rect x="12" y="13" width="9.5" height="7" rx="1.5" />
  </Icon>
);

export const FullscreenIcon = ({ on }: { on: boolean }) => (
  <Icon>
    {on ? (
      <path d="M9 4v3.5A1.5 1.5 0 0 1 7.5 9H4M15 4v3.5A1.5 1.5 0 0 0 16.5 9H20M9 20v-3.5A1.5 1.5 0 0 0 7.5 15H4M15 20v-3.5a1.5 1.5 0 0 1 1.5-1.5H20" />
    ) : (
      <path d="M4 8.5V5.5A1.5 1.5 0 0 1 5.5 4h3M15.5 4h3A1.5 1.5 0 0 1 20 5.5v3M20 15.5v3a1.5 1.5 0 0 1-1.5 1.5h-3M8.5 20h-3A1.5 1.5 0 0 1 4 18.5v-3" />
    )}
  </Icon>
);
