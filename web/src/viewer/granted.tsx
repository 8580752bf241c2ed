/** The ticket that was let in, with what it is for: a check mark, then it tears, and the picture is behind it already. */
import { useEffect, useState } from "react";
import { CheckIcon } from "../ui/icons";
import { Mark } from "../ui/mark";
import { Ticket } from "../ui/ticket";
import type { Held, State } from "./session/model";
import "./entry/entry.css";
import "./granted.css";

const GRANTED_MS = 720;

/** What a code has just been accepted for. Nothing for a tab that took its session back. */
export function useGranted(state: State): Held | null {
  const [granted, setGranted] = useState<Held | null>(null);
  const [before, setBefore] = useState(state);
  if (before !== state) {
    setBefore(state);
    if (before.phase === "redeeming" && !before.restoring && "held" in state) setGranted(state.held);
  }
  useEffect(() => {
    if (granted === null) return;
    const timer = setTimeout(() => setGranted(null), GRANTED_MS);
    return () => clearTimeout(timer);
  }, [granted]);
  return granted;
}

export function Granted({ appName, held }: { appName: string; held: Held }) {
  return (
    <div className="granted-stage" aria-hidden="true">
      <Ticket
        upper={
          <>
            <p className="ticket-name">
              <Mark />
              <span>{appName}</span>
            </p>
            <p className="granted-title">{held.event.title}</p>
          </>
        }
        lower={
          <>
            <span className="code-field granted-field">{held.code}</span>
            <span className="button granted">
              <CheckIcon /> Welcome
            </span>
          </>
        }
      />
    </div>
  );
}
