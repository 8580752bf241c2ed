/** What the player says over the picture: reconnecting, nothing there, one moment, and the coming end of access. */
import { useState } from "react";
import { Button } from "../../ui/button";
import { Spinner } from "../../ui/spinner";
import type { Held, HeldState } from "../session/model";
import { EXPIRY_WARNING_MS, expiry, GRACE_MS, RECONNECT_ATTEMPTS_MAX, serverTime } from "../session/timing";

export interface NoticesProps {
  state: HeldState;
  now: number;
  onRetry: () => void;
  onLeave: () => void;
}

export function Notices({ state, now, onRetry, onLeave }: NoticesProps) {
  return (
    <>
      {stopsPicture(state) && (
        <div className="cover">
          <Spinner label="One moment" />
        </div>
      )}
      {/* Always there: readers announce what comes into a live region, not one that comes with its words. */}
      <div role="status">
        {state.phase === "reconnecting" && !state.exhausted && <Attempt number={state.held.attempt} />}
      </div>
      {state.phase === "reconnecting" && state.exhausted && (
        <GivenUp cause={state.cause} onRetry={onRetry} onLeave={onLeave} />
      )}
      <ExpiryToast held={state.held} now={now} />
    </>
  );
}

/**
 * Whether the picture is hidden until the platform has answered. A token grown old is renewed, and a lapsed session taken
 * back, behind a picture that plays on.
 */
export function stopsPicture(state: HeldState): boolean {
  if (state.phase !== "confirming") return false;
  switch (state.suspicion.kind) {
    case "edge":
      return state.suspicion.code !== "token_expired";
    case "lapse":
      return false;
    case "expiry":
      return true;
  }
}

function Attempt({ number }: { number: number }) {
  return (
    <div className="banner">
      <span className="spinner small" aria-hidden="true" />
      <span>
        Reconnecting… The connection dropped. Attempt {number} of {RECONNECT_ATTEMPTS_MAX}.
      </span>
    </div>
  );
}

interface GivenUpProps {
  cause: "network" | "missing";
  onRetry: () => void;
  onLeave: () => void;
}

function GivenUp({ cause, onRetry, onLeave }: GivenUpProps) {
  return (
    <div className="panel" role="alert">
      <p>
        {cause === "missing"
          ? "Stream is not available. Please try again later."
          : "Still no connection. Please check your network and try again."}
      </p>
      <div className="panel-actions">
        <Button onClick={onRetry}>Try again</Button>
        <Button kind="quiet" onClick={onLeave}>
          Back
        </Button>
      </div>
    </div>
  );
}

/** Stays until it is closed, and never takes the focus; the grace minute speaks up once more. */
function ExpiryToast({ held, now }: { held: Held; now: number }) {
  const [closed, setClosed] = useState(false);
  const left = expiry(held, now);
  const soon = left === "soon" && !closed;
  return (
    <div className="toast-region" role="status">
      {soon && (
        <div className="toast">
          <p>
            Your access ends at {timeOfDay(held.expiresAt - held.clockOffset)}. Less than {EXPIRY_WARNING_MS / 60_000}{" "}
            minutes are left.
          </p>
          <Button kind="quiet" onClick={() => setClosed(true)}>
            Close
          </Button>
        </div>
      )}
      {left === "grace" && (
        <div className="toast">
          <p>
            Your access has ended. The picture stops in <span aria-hidden="true">{secondsOfGrace(held, now)} s</span>
            <span className="visually-hidden">a minute</span>.
          </p>
        </div>
      )}
    </div>
  );
}

const secondsOfGrace = (held: Held, now: number) =>
  Math.max(0, Math.ceil((held.expiresAt + GRACE_MS - serverTime(held, now)) / 1000));

const timeOfDay = (at: number) => new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" }).format(at);
