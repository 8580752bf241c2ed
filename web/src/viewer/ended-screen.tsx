/** Says why the picture stopped, and how to go on. The last frame is gone before these words come. */
import { useEffect, useId, useRef } from "react";
import { Button } from "../ui/button";
import type { ViewerConfig } from "./config";
import { localDate } from "./entry/messages";
import { Foot } from "./foot";
import type { EndReason, State } from "./session/model";
import "./entry/entry.css";

export interface EndedScreenProps {
  config: ViewerConfig;
  state: Extract<State, { phase: "ended" }>;
  /** Redeem the same code once more. */
  onAgain: () => void;
  onLeave: () => void;
}

export function EndedScreen({ config, state, onAgain, onLeave }: EndedScreenProps) {
  const heading = useId();
  const text = useId();
  const actions = useRef<HTMLDivElement>(null);
  useEffect(() => actions.current?.querySelector("button")?.focus(), []);
  const words = ended(state.reason, state.expiresAt);
  const takeable = state.reason === "superseded" || state.reason === "superseded_same_device";
  return (
    <main className="entry">
      <div className="ticket" role="alertdialog" aria-labelledby={heading} aria-describedby={text}>
        <h1 id={heading}>{words.heading}</h1>
        <p id={text} className="ended-text">
          {words.text}
        </p>
        <div className="ended-actions" ref={actions}>
          {takeable && <Button onClick={onAgain}>Watch here instead</Button>}
          <Button kind={takeable ? "quiet" : "primary"} onClick={onLeave}>
            Enter another code
          </Button>
        </div>
      </div>
      <Foot config={config} />
    </main>
  );
}

function ended(reason: EndReason, expiresAt: number | null): { heading: string; text: string } {
  switch (reason) {
    case "ticket_revoked":
      return {
        heading: "Your access has been revoked",
        text: "The organizer has withdrawn this ticket. If this looks like a mistake, please get in touch with them.",
      };
    case "event_unavailable":
      return { heading: "This event is no longer available", text: "The organizer has closed it." };
    case "superseded":
      return {
        heading: "Your session has been started on another device.",
        text: "A ticket plays on one device at a time. Was it you? Carry on there, or bring it back here.",
      };
    case "superseded_same_device":
      return {
        heading: "Your session has been started in another tab.",
        text: "A ticket plays in one place at a time. Carry on there, or bring it back here.",
      };
    case "kicked":
      return { heading: "The organizer ended this session.", text: "Enter your code again." };
    case "inactive":
      return {
        heading: "Your session has expired due to inactivity.",
        text: "Please re-enter your access code.",
      };
    case "access_ended":
      return {
        heading: "Your access has ended",
        text: `${expiresAt === null ? "" : `It was open until ${localDate(expiresAt)}. `}Thank you for watching.`,
      };
  }
}
