/** What the player says over the picture: reconnecting, nothing there, one moment, and the coming end of access. */
import { useEffect, useRef, useState } from "react";
import { Button } from "../../ui/button";
import { CheckIcon, ClockIcon, CloseIcon } from "../../ui/icons";
import { Spinner } from "../../ui/spinner";
import type { Held, HeldState } from "../session/model";
import { expiry, GRACE_MS, RECONNECT_ATTEMPTS_MAX, serverTime } from "../session/timing";

export interface NoticesProps {
  state: HeldState;
  now: number;
  /** The buffer carries the picture on for now. */
  moving: boolean;
  /** Seconds of the recording that are still to come; null for a live stream. */
  left: number | null;
  onRetry: () => void;
  onLeave: () => void;
}

export function Notices({ state, now, moving, left, onRetry, onLeave }: NoticesProps) {
  const reconnecting = state.phase === "reconnecting";
  return (
    <>
      {stopsPicture(state) && (
        <div className="cover">
          <Spinner label="One moment" />
        </div>
      )}
      {/* Always there: readers announce what comes into a live region, not one that comes with its words. */}
      <div role="status">
        {reconnecting && !state.exhausted && <Attempt number={state.held.attempt} moving={moving} />}
      </div>
      {reconnecting && state.exhausted && <GivenUp cause={state.cause} onRetry={onRetry} onLeave={onLeave} />}
      <div className="toast-region">
        <BackAgain reconnecting={reconnecting} playing={state.phase === "watching"} />
        <ExpiryToast held={state.held} now={now} left={left} />
      </div>
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

/** Over the whole picture when it stands still; in a corner while the buffer carries it on. */
function Attempt({ number, moving }: { number: number; moving: boolean }) {
  return (
    <div className={moving ? "attempt aside" : "attempt"}>
      <span className="spinner" aria-hidden="true" />
      <p className="attempt-title">Reconnecting…</p>
      <p>
        The connection dropped. Attempt {number} of {RECONNECT_ATTEMPTS_MAX}.
      </p>
      <span className="attempt-bars" aria-hidden="true">
        {Array.from({ length: RECONNECT_ATTEMPTS_MAX }, (_, bar) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: five bars that never move
          <i key={bar} className={bar < number ? "done" : ""} />
        ))}
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
  const missing = cause === "missing";
  return (
    <div className="attempt" role="alert">
      <p className="attempt-title">{missing ? "Stream is not available." : "Still no connection"}</p>
      <p>{missing ? "Please try again later." : "Please check your network and try again."}</p>
      <div className="attempt-actions">
        <Button onClick={onRetry}>Try again</Button>
        <Button kind="quiet" onClick={onLeave}>
          Back
        </Button>
      </div>
    </div>
  );
}

const BACK_AGAIN_MS = 4000;

/** A short word of relief after an interruption. */
function BackAgain({ reconnecting, playing }: { reconnecting: boolean; playing: boolean }) {
  const [shown, setShown] = useState(false);
  const dropped = useRef(false);
  useEffect(() => {
    if (reconnecting) dropped.current = true;
    if (!playing || !dropped.current) return;
    dropped.current = false;
    setShown(true);
    const timer = setTimeout(() => setShown(false), BACK_AGAIN_MS);
    return () => {
      clearTimeout(timer);
      setShown(false);
    };
  }, [reconnecting, playing]);
  return (
    <div role="status">
      {shown && (
        <div className="toast good">
          <CheckIcon />
          <p>Back again</p>
        </div>
      )}
    </div>
  );
}

/** Stays until it is closed, and never takes the focus; the grace minute speaks up once more. */
function ExpiryToast({ held, now, left }: { held: Held; now: number; left: number | null }) {
  const [closed, setClosed] = useState(false);
  const end = expiry(held, now);
  const soon = end === "soon" && !closed;
  return (
    <div role="status">
      {soon && (
        <div className="toast">
          <ClockIcon />
          <div>
            <p className="toast-title">Your access ends at {timeOfDay(held.expiresAt - held.clockOffset)}</p>
            <p>{remaining(held, now, left)}</p>
          </div>
          <button type="button" className="control" aria-label="Close" onClick={() => setClosed(true)}>
            <CloseIcon />
          </button>
        </div>
      )}
      {end === "grace" && (
        <div className="toast">
          <ClockIcon />
          <div>
            <p className="toast-title">Your access has ended.</p>
            <p>
              The picture stops in <span aria-hidden="true">{secondsOfGrace(held, now)} s</span>
              <span className="visually-hidden">a minute</span>.
            </p>
          </div>
        </div>
      )}
    </div>
  );
}

/** How long the access and the recording last. */
function remaining(held: Held, now: number, left: number | null): string {
  const minutes = Math.max(1, Math.ceil((held.expiresAt - serverTime(held, now)) / 60_000));
  const access = `${minutes} ${minutes === 1 ? "minute" : "minutes"} left.`;
  if (left === null || !Number.isFinite(left) || left < 60) return access;
  const film = Math.round(left / 60);
  return `${access} ${film} ${film === 1 ? "minute" : "minutes"} of the recording remain.`;
}

const secondsOfGrace = (held: Held, now: number) =>
  Math.max(0, Math.ceil((held.expiresAt + GRACE_MS - serverTime(held, now)) / 1000));

const timeOfDay = (at: number) => new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" }).format(at);
