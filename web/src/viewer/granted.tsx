/** The ticket that was let in: a check mark, then it tears, and the picture is behind it already. */
import { useEffect, useState } from "react";
import { CheckIcon } from "../ui/icons";
import { Ticket } from "../ui/ticket";
import type { State } from "./session/model";
import "./entry/entry.css";
import "./granted.css";

const GRANTED_MS = 720;

/** Whether a code has just been accepted. Not for a tab that took its session back. */
export function useGranted(state: State): boolean {
  const [granted, setGranted] = useState(false);
  const [before, setBefore] = useState(state);
  if (before !== state) {
    setBefore(state);
    if (before.phase === "redeeming" && !before.restoring && "held" in state) setGranted(true);
  }
  useEffect(() => {
    if (!granted) return;
    const timer = setTimeout(() => setGranted(false), GRANTED_MS);
    return () => clearTimeout(timer);
  }, [granted]);
  return granted;
}

export function Granted() {
  return (
    <div className="granted-stage" aria-hidden="true">
      <Ticket upper={<p className="granted-space" />} lower={<GrantedButton />} />
    </div>
  );
}

const GrantedButton = () => (
  <>
    <span className="code-field granted-field" />
    <span className="button granted">
      <CheckIcon /> Welcome
    </span>
  </>
);
