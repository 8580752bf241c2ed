/** Chooses the screen for the session's state. */
import { useSyncExternalStore } from "react";
import type { ViewerConfig } from "./config";
import { EndedScreen } from "./ended-screen";
import { EntryScreen } from "./entry/entry-screen";
import { Granted, useGranted } from "./granted";
import { PlayerBoundary } from "./player-boundary";
import { PlayerWhenLoaded } from "./player-when-loaded";
import type { State } from "./session/model";
import type { Session } from "./session/shell";
import { place } from "./session/transitions";
import { WaitingScreen } from "./waiting/waiting-screen";

export interface ViewerAppProps {
  config: ViewerConfig;
  session: Session;
  linkedCode: string | null;
}

export function ViewerApp(props: ViewerAppProps) {
  const state = useSyncExternalStore(props.session.subscribe, props.session.state);
  const granted = useGranted(state);
  return (
    <>
      <Screen {...props} state={state} />
      {granted !== null && <Granted appName={props.config.appName} held={granted} />}
    </>
  );
}

function Screen({ config, session, linkedCode, state }: ViewerAppProps & { state: State }) {
  const leave = () => session.send({ type: "leave" });
  switch (state.phase) {
    case "idle":
    case "redeeming":
      return (
        <EntryScreen
          config={config}
          linkedCode={linkedCode}
          state={state}
          onSubmit={(code) => session.send({ type: "submit", code })}
        />
      );
    case "ended":
      return (
        <EndedScreen
          config={config}
          state={state}
          onAgain={() => session.send({ type: "submit", code: state.code })}
          onLeave={leave}
        />
      );
    default:
      if (place(state) === "waiting") return <WaitingScreen config={config} held={state.held} onLeave={leave} />;
      return (
        <PlayerBoundary>
          <PlayerWhenLoaded config={config} state={state} send={session.send} onLeave={leave} />
        </PlayerBoundary>
      );
  }
}
