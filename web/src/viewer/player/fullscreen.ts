/** Full screen for the whole player; on an iPhone only the video element can have it. */

interface PhoneVideo extends HTMLVideoElement {
  webkitEnterFullscreen?: () => void;
  webkitExitFullscreen?: () => void;
}

/** `pageOnly`: not the video element's own, which takes everything else off the screen. */
export function toggleFullscreen(player: HTMLElement, video: PhoneVideo, pageOnly = false): void {
  if (document.fullscreenElement !== null && document.fullscreenElement !== undefined) leave(document.exitFullscreen());
  else if (typeof player.requestFullscreen === "function") leave(player.requestFullscreen());
  else if (!pageOnly) video.webkitEnterFullscreen?.();
}

/** The system's full screen on a phone hides the words that say why the picture stopped. */
export function leaveFullscreen(video: PhoneVideo): void {
  if (document.fullscreenElement) leave(document.exitFullscreen());
  video.webkitExitFullscreen?.();
}

// Refused without a gesture, or gone already: nothing to tell anybody.
const leave = (change: Promise<void>) => void change.catch(() => undefined);
