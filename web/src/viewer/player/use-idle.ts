import { type RefObject, useEffect, useState } from "react";

const IDLE_MOUSE_MS = 3000;
const IDLE_TOUCH_MS = 6000;

// The keyboard's focus, an open menu, a pointer that rests on a control: somebody is about to do something.
const BUSY = ":focus-visible:not(main), [aria-expanded=true].control, .controls:hover, .player-header :hover";

/** Whether nothing moved over `ref` for 3 s (6 s after a touch) and nobody is busy with a control; and how to be so at once. */
export function useIdle(ref: RefObject<HTMLElement | null>): { idle: boolean; rest: () => void } {
  const [idle, setIdle] = useState(false);
  useEffect(() => {
    const area = ref.current;
    if (area === null) return;
    let timer: ReturnType<typeof setTimeout>;
    const rest = (after: number) => {
      const busy = area.querySelector(BUSY) !== null;
      setIdle(!busy);
      if (busy) timer = setTimeout(rest, after, after);
    };
    const wake = (event?: Event) => {
      setIdle(false);
      clearTimeout(timer);
      const touch = event instanceof PointerEvent && event.pointerType === "touch";
      const after = touch ? IDLE_TOUCH_MS : IDLE_MOUSE_MS;
      timer = setTimeout(rest, after, after);
    };
    const events = ["pointermove", "pointerdown", "keydown", "focusin"] as const;
    for (const event of events) area.addEventListener(event, wake);
    wake();
    return () => {
      clearTimeout(timer);
      for (const event of events) area.removeEventListener(event, wake);
    };
  }, [ref]);
  return { idle, rest: () => setIdle(true) };
}
