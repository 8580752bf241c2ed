/** Pictograms that the viewer's screens share. What carries them carries the name. */
import type { ReactNode } from "react";

export function Icon({ children, size = 24 }: { children: ReactNode; size?: number }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const BackIcon = () => (
  <Icon>
    <path d="M20 12H4M11 5l-7 7 7 7" />
  </Icon>
);

export const CloseIcon = () => (
  <Icon size={20}>
    <path d="M5 5l14 14M19 5L5 19" />
  </Icon>
);

export const CheckIcon = () => (
  <Icon size={20}>
    <path d="M4 12.5l5.5 5.5L20 6.5" />
  </Icon>
);

export const AlertIcon = () => (
  <Icon size={20}>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 7.5v5.5M12 16.5v.01" />
  </Icon>
);

export const DevicesIcon = () => (
  <Icon>
    <path d="M13 17H9M11 13.5V17M20 8V6a1 1 0 0 0-1-1H4a1 1 0 0 0-1 1v6.5a1 1 0 0 0 1 1h8.5" />
    <rect x="15.5" y="10.5" width="5.5" height="9" rx="1" />
  </Icon>
);

export const ClockIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 7v5.5l3.5 2" />
  </Icon>
);

export const WifiOffIcon = () => (
  <Icon size={20}>
    <path d="M3 3l18 18M12 19.5v.01M8.5 15.5a5 5 0 0 1 5.6-1M5 12a10 10 0 0 1 4.2-2.4M19 12a10 10 0 0 0-6-2.9M2 8.5a15 15 0 0 1 4-2.5M22 8.5A15 15 0 0 0 10 5" />
  </Icon>
);

export const BanIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="9" />
    <path d="M5.8 5.8l12.4 12.4" />
  </Icon>
);

export const CalendarIcon = () => (
  <Icon size={22}>
    <rect x="3.5" y="5" width="17" height="15.5" rx="2" />
    <path d="M3.5 10h17M8 2.8V7M16 2.8V7M8 14v.01M12 14v.01M16 14v.01M8 17v.01M12 17v.01" />
  </Icon>
);

export const PlayCircleIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="9" />
    <path d="M10 8.8v6.4l5-3.2z" />
  </Icon>
);

export const PhoneIcon = () => (
  <Icon>
    <rect x="6.5" y="2.5" width="11" height="19" rx="2" />
    <path d="M12 18v.01" />
  </Icon>
);
