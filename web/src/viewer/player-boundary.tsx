/**
 * Catches a player whose files did not come: after an update of the server their names have changed, and a page that is
 * loaded anew knows them. The session survives, because a reload of the tab takes it back.
 */
import { Component, type ReactNode } from "react";
import { Button } from "../ui/button";
import { Ticket } from "../ui/ticket";
import "./entry/entry.css";
import "./ended.css";

const RELOADED_KEY = "streamgate.reloaded";
// A page that failed twice within this time is not helped by a third load.
const RELOAD_SPACING_MS = 60_000;

export class PlayerBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidCatch() {
    if (navigator.onLine && mayReload()) window.location.reload();
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <main className="entry">
        <div role="alert" className="ended-ticket">
          <Ticket
            upper={
              <>
                <h1>The player could not be loaded</h1>
                <p className="ended-text">Please check your connection and try again.</p>
              </>
            }
            lower={<Button onClick={() => window.location.reload()}>Try again</Button>}
          />
        </div>
      </main>
    );
  }
}

function mayReload(): boolean {
  try {
    const before = Number(sessionStorage.getItem(RELOADED_KEY) ?? "0");
    sessionStorage.setItem(RELOADED_KEY, String(Date.now()));
    return Date.now() - before > RELOAD_SPACING_MS;
  } catch {
    // Without storage nothing would stop a second reload.
    return false;
  }
}
