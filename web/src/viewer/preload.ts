/** Fetches the player before it is needed, so that the picture comes at once. */

type PlayerScreen = typeof import("./player/player-screen").default;

interface Connection {
  saveData?: boolean;
}

let begun = false;
let player: PlayerScreen | null = null;

/** The player's screen, when its files have come. */
export const loadedPlayer = () => player;

export async function loadPlayer(): Promise<PlayerScreen> {
  player ??= (await import("./player/player-screen")).default;
  return player;
}

export function preloadPlayer(): void {
  if (begun || savesData()) return;
  begun = true;
  // A failure here costs nothing: the same files are asked for again when the player is shown.
  loadPlayer().catch(() => undefined);
  if ("MediaSource" in window || "ManagedMediaSource" in window) {
    import("../engine/hls-engine").then(({ preloadWorker }) => preloadWorker()).catch(() => undefined);
  }
}

export function preloadPlayerWhenIdle(): void {
  if ("requestIdleCallback" in window) window.requestIdleCallback(preloadPlayer);
  else setTimeout(preloadPlayer, 1000);
}

function savesData(): boolean {
  const connection: unknown = Reflect.get(navigator, "connection");
  return typeof connection === "object" && connection !== null && (connection as Connection).saveData === true;
}
