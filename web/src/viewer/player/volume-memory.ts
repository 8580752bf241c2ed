/** The viewer's volume and mute, kept on this device. A browser without storage starts loud. */

const KEY = "streamgate.volume";

export interface Volume {
  /** 0 to 1. */
  volume: number;
  muted: boolean;
}

export function readVolume(): Volume {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
    if (typeof kept !== "object" || kept === null) return loud;
    const volume: unknown = Reflect.get(kept, "volume");
    return {
      volume: typeof volume === "number" && volume >= 0 && volume <= 1 ? volume : 1,
      muted: Reflect.get(kept, "muted") === true,
    };
  } catch {
    return loud;
  }
}

export function writeVolume(volume: Volume): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(volume));
  } catch {
    // Private modes refuse; the next visit is loud again.
  }
}

const loud: Volume = { volume: 1, muted: false };
