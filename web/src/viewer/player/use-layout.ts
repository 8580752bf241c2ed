/** How the player is laid out: over the picture, under it on a phone held upright, or for thumbs on a phone on its side. */
import { useEffect, useSyncExternalStore } from "react";
import { toggleFullscreen } from "./fullscreen";

export type Layout = "overlay" | "stacked" | "sideways";

const UPRIGHT = "(orientation: portrait) and (max-width: 767px)";
const ON_ITS_SIDE = "(orientation: landscape) and (max-height: 500px) and (pointer: coarse)";
const NARROW = "(max-width: 767px)";

export interface PlayerLayout {
  layout: Layout;
  /** No room for a slider beside the sound button. */
  compact: boolean;
  fullscreen: boolean;
}

export function useLayout(): PlayerLayout {
  const upright = useMedia(UPRIGHT);
  const side = useMedia(ON_ITS_SIDE);
  const narrow = useMedia(NARROW);
  const fullscreen = useSyncExternalStore(watchFullscreen, () => Boolean(document.fullscreenElement));
  const layout = upright && !fullscreen ? "stacked" : side ? "sideways" : "overlay";
  return { layout, compact: narrow || layout !== "overlay", fullscreen };
}

/** A phone that is turned fills its screen with the picture, where the browser lets a page do that; turned back, it leaves. */
export function useRotation(player: () => HTMLElement | null, video: () => HTMLVideoElement | null): void {
  useEffect(() => {
    const side = window.matchMedia(ON_ITS_SIDE);
    const turned = () => {
      const [area, picture] = [player(), video()];
      if (area === null || picture === null) return;
      if (side.matches !== Boolean(document.fullscreenElement) && matchMedia("(pointer: coarse)").matches) {
        toggleFullscreen(area, picture, true);
      }
    };
    side.addEventListener("change", turned);
    return () => side.removeEventListener("change", turned);
  }, [player, video]);
}

function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const list = window.matchMedia(query);
      list.addEventListener("change", changed);
      return () => list.removeEventListener("change", changed);
    },
    () => window.matchMedia(query).matches,
  );
}

function watchFullscreen(changed: () => void): () => void {
  document.addEventListener("fullscreenchange", changed);
  return () => document.removeEventListener("fullscreenchange", changed);
}
