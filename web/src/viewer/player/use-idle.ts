import { type RefObject, useEffect, useState } from "react";

const IDLE_MOUSE_MS = 3000;
const IDLE_TOUCH_MS = 6000;

/** Returns whether nothing moved over `ref` for 3 s (6 s after a touch), and no control in it has the keyboard's focus. */
export function useIdle(ref: RefObject<HTMLElement | null>): boolean {
  const [idle, setIdle] = useState(false);
  useEffect(() => {
    const area = ref.current;
    if (area === null) return;
    let timer: ReturnType<typeof setTimeout>;
    const rest = () => setIdle(area.querySelector(":focus-visible") === null);
    const wake = (event?: Event) => {
      setIdle(false);
      clearTimeout(timer);
      const touch = event instanceof PointerEvent && event.pointerType === "touch";
      timer = setTimeout(rest, touch ? IDLE_TOUCH_MS : IDLE_MOUSE_MS);
    };
    const events = ["pointermove", "pointerdown", "keydown", "focusin"] as const;
    for (const event of events) area.addEventListener(event, wake);
    wake();
    return () => {
      clearTimeout(timer);
      for (const event of events) area.removeEventListener(event, wake);
    };
  }, [ref]);
  return idle;
}
