/** What the video element is doing, for the controls; and the viewer's wishes, which survive interruptions. */
import { type RefObject, useEffect, useMemo, useRef, useState } from "react";
import { readVolume, writeVolume } from "./volume-memory";

export interface VideoState {
  paused: boolean;
  buffering: boolean;
  ended: boolean;
  muted: boolean;
  volume: number;
  time: number;
  duration: number;
  /** Up to where the picture is loaded. */
  bufferedTo: number;
  /** There is sound and no picture. */
  audioOnly: boolean;
  /** The system owns the volume, as on an iPhone. */
  volumeFixed: boolean;
  canPopOut: boolean;
  poppedOut: boolean;
  /** The browser refused sound without a gesture, and plays muted. */
  mutedByBrowser: boolean;
}

export interface VideoCommands {
  /** Plays if the viewer did not pause. */
  play(): void;
  toggle(): void;
  toggleMute(): void;
  setVolume(volume: number): void;
  changeVolume(by: number): void;
  seek(seconds: number): void;
  popOut(): void;
}

const start: VideoState = {
  paused: true,
  buffering: true,
  ended: false,
  muted: false,
  volume: 1,
  time: 0,
  duration: 0,
  bufferedTo: 0,
  audioOnly: false,
  volumeFixed: false,
  canPopOut: false,
  poppedOut: false,
  mutedByBrowser: false,
};

const watched = [
  "play",
  "playing",
  "pause",
  "waiting",
  "seeking",
  "seeked",
  "ended",
  "timeupdate",
  "durationchange",
  "volumechange",
  "loadeddata",
  "resize",
  "progress",
  "enterpictureinpicture",
  "leavepictureinpicture",
] as const;

// What unmuting gives at least: a button that says sound must not give silence.
const QUIETEST = 0.2;

// Enough data for the next frame and the one after it.
const HAVE_FUTURE_DATA = 3;
const HAVE_CURRENT_DATA = 2;

export function useVideo(ref: RefObject<HTMLVideoElement | null>): { state: VideoState; commands: VideoCommands } {
  const [state, setState] = useState(start);
  const wantsPlay = useRef(true);

  useEffect(() => {
    const video = ref.current;
    if (video === null) return;
    const volumeFixed = isVolumeFixed(video);
    Object.assign(video, readVolume());
    setState((before) => ({ ...before, volumeFixed, canPopOut: canPopOut(video) }));
    const read = () => setState((before) => ({ ...before, ...seen(video) }));
    for (const event of watched) video.addEventListener(event, read);
    read();
    return () => {
      for (const event of watched) video.removeEventListener(event, read);
    };
  }, [ref]);

  const commands = useMemo<VideoCommands>(() => {
    const act = (action: (video: HTMLVideoElement) => void) => {
      const video = ref.current;
      if (video === null) return;
      action(video);
      // At once: a slider that shows the old value until the element's event comes would jump back under the hand.
      setState((before) => ({ ...before, ...seen(video) }));
    };
    const setMutedByBrowser = (mutedByBrowser: boolean) => setState((before) => ({ ...before, mutedByBrowser }));
    // Only what the viewer chose is remembered, never the silence that a browser demanded.
    const chosen = (video: HTMLVideoElement) => {
      setMutedByBrowser(false);
      writeVolume({ volume: video.volume, muted: video.muted });
    };
    const play = () =>
      act((video) => {
        if (wantsPlay.current) void playAsAllowed(video, setMutedByBrowser);
      });
    return {
      play,
      toggle: () =>
        act((video) => {
          wantsPlay.current = video.paused;
          if (video.paused) play();
          else video.pause();
        }),
      toggleMute: () =>
        act((video) => {
          video.muted = !isSilent(video);
          if (!video.muted && video.volume < QUIETEST) video.volume = QUIETEST;
          chosen(video);
          // The browser may have refused to play without sound too; this is the gesture that it waited for.
          if (video.paused) play();
        }),
      setVolume: (volume) =>
        act((video) => {
          // Silence keeps the volume that unmuting gives back.
          if (volume > 0) video.volume = volume;
          video.muted = volume === 0;
          chosen(video);
        }),
      changeVolume: (by) =>
        act((video) => {
          const wanted = (video.muted ? 0 : video.volume) + by;
          // Tenths, whatever the binary fractions make of them.
          const volume = Math.round(Math.min(1, Math.max(0, wanted)) * 100) / 100;
          if (volume > 0) video.volume = volume;
          video.muted = volume === 0;
          chosen(video);
        }),
      seek: (seconds) =>
        act((video) => {
          video.currentTime = seconds;
        }),
      popOut: () => act((video) => void outcome(togglePopOut(video))),
    };
  }, [ref]);

  return { state, commands };
}

const isSilent = (video: HTMLVideoElement) => video.muted || video.volume === 0;

const seen = (video: HTMLVideoElement) => ({
  paused: video.paused,
  buffering: !video.paused && video.readyState < HAVE_FUTURE_DATA,
  ended: video.ended,
  muted: video.muted,
  volume: video.volume,
  time: video.currentTime,
  duration: video.duration,
  bufferedTo: bufferedTo(video),
  audioOnly: video.readyState >= HAVE_CURRENT_DATA && video.videoWidth === 0,
  poppedOut: document.pictureInPictureElement === video,
});

function bufferedTo({ buffered, currentTime }: HTMLVideoElement): number {
  for (let range = 0; range < buffered.length; range += 1) {
    if (buffered.start(range) <= currentTime + 0.5 && buffered.end(range) >= currentTime) return buffered.end(range);
  }
  return currentTime;
}

/** Asks the element itself: an iPhone takes no volume, and says so by keeping its own. */
function isVolumeFixed(video: HTMLVideoElement): boolean {
  video.volume = 0.5;
  return video.volume !== 0.5;
}

const canPopOut = (video: HTMLVideoElement) =>
  document.pictureInPictureEnabled === true && typeof video.requestPictureInPicture === "function";

async function togglePopOut(video: HTMLVideoElement): Promise<void> {
  if (document.pictureInPictureElement === video) await document.exitPictureInPicture();
  else await video.requestPictureInPicture();
}

/** Browsers allow sound after a gesture and a muted picture always; a viewer without sound is told how to get it. */
async function playAsAllowed(video: HTMLVideoElement, setMutedByBrowser: (muted: boolean) => void): Promise<void> {
  if (!isForbidden(await outcome(video.play()))) return;
  video.muted = true;
  setMutedByBrowser(true);
  await outcome(video.play());
}

const isForbidden = (error: unknown) => error instanceof DOMException && error.name === "NotAllowedError";

async function outcome(playing: Promise<void>): Promise<unknown> {
  try {
    await playing;
    return null;
  } catch (error) {
    return error;
  }
}
