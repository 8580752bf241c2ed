/**
 * The player, or a spinner while its files come. Not by `lazy` and `Suspense`: those show the fallback even when the
 * files are there already, and then hold what follows back for 300 ms, which would be most of the way to the picture.
 */
import { useEffect, useState } from "react";
import { Spinner } from "../ui/spinner";
import type { PlayerScreenProps } from "./player/player-screen";
import { loadedPlayer, loadPlayer } from "./preload";

export function PlayerWhenLoaded(props: PlayerScreenProps) {
  const [PlayerScreen, setPlayerScreen] = useState(loadedPlayer);
  const [failure, setFailure] = useState<{ cause: unknown } | null>(null);
  useEffect(() => {
    if (PlayerScreen !== null) return;
    loadPlayer().then(
      (loaded) => setPlayerScreen(() => loaded),
      (cause: unknown) => setFailure({ cause }),
    );
  }, [PlayerScreen]);
  // For the boundary around, which knows the way out.
  if (failure !== null) throw failure.cause;
  if (PlayerScreen !== null) return <PlayerScreen {...props} />;
  return (
    <main>
      <Spinner label="Loading the player" />
    </main>
  );
}
