/** Taps on the picture: one shows or hides the controls, two at an outer third skip, and more of them add up. */
import { type PointerEvent, useEffect, useRef, useState } from "react";

const DOUBLE_TAP_MS = 300;
const RIPPLE_MS = 650;
const SKIP_SECONDS = 10;

export interface Ripple {
  side: "back" | "forward";
  seconds: number;
  /** Another number for each tap, so that the ripple begins anew. */
  count: number;
}

export interface TouchOptions {
  onTap: () => void;
  onSkip: (seconds: number) => void;
}

export function useTouch({ onTap, onSkip }: TouchOptions) {
  const [ripple, setRipple] = useState<Ripple | null>(null);
  const last = useRef<{ at: number; side: Ripple["side"] | null }>({ at: Number.NEGATIVE_INFINITY, side: null });
  const single = useRef<ReturnType<typeof setTimeout>>(undefined);
  const fade = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(
    () => () => {
      clearTimeout(single.current);
      clearTimeout(fade.current);
    },
    [],
  );

  function onPointerUp(event: PointerEvent<HTMLElement>) {
    if (event.pointerType !== "touch") return;
    const box = event.currentTarget.getBoundingClientRect();
    const side = sideOf((event.clientX - box.left) / box.width);
    const again = side !== null && side === last.current.side && event.timeStamp - last.current.at < DOUBLE_TAP_MS;
    last.current = { at: event.timeStamp, side };
    clearTimeout(single.current);
    if (!again) {
      single.current = setTimeout(onTap, side === null ? 0 : DOUBLE_TAP_MS);
      return;
    }
    const seconds = side === "back" ? -SKIP_SECONDS : SKIP_SECONDS;
    onSkip(seconds);
    setRipple((before) => ({
      side,
      seconds: before !== null && before.side === side ? before.seconds + seconds : seconds,
      count: (before?.count ?? 0) + 1,
    }));
    clearTimeout(fade.current);
    fade.current = setTimeout(() => setRipple(null), RIPPLE_MS);
  }

  return { ripple, onPointerUp };
}

/** Returns the outer third that was tapped; null for the middle. */
export function sideOf(share: number): Ripple["side"] | null {
  if (share < 1 / 3) return "back";
  return share > 2 / 3 ? "forward" : null;
}
