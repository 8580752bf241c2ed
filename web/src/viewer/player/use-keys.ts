import { useEffect, useEffectEvent } from "react";
import { keyOf, repeats, type Shortcut, shortcut } from "./shortcuts";

/** Listens to the player's keys as long as it is shown. */
export function useKeys(act: (wanted: Shortcut) => void): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const wanted = shortcut(keyOf(event));
    if (wanted === null || event.defaultPrevented) return;
    event.preventDefault();
    // A key that is held down must not flicker.
    if (!event.repeat || repeats(wanted)) act(wanted);
  });
  useEffect(() => {
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
