/** Says why the picture stopped, and how to go on. The last frame is gone before these words come. */
import { type ReactNode, useEffect, useId, useRef } from "react";
import { Button } from "../ui/button";
import { BanIcon, ClockIcon, DevicesIcon } from "../ui/icons";
import { Ticket } from "../ui/ticket";
import { Backdrop } from "./backdrop";
import type { ViewerConfig } from "./config";
import { localDate } from "./entry/messages";
import { Foot } from "./foot";
import type { EndReason, State } from "./session/model";
import "./entry/entry.css";
import "./ended.css";

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
  const again = state.reason === "inactive" || state.reason === "kicked";
  const takeable = state.reason === "superseded" || state.reason === "superseded_same_device";
  return (
    <main className="ended">
      <Backdrop posterUrl={state.posterUrl} />
      <div
        role="alertdialog"
        aria-modal="true"
        aria-labelledby={heading}
        aria-describedby={text}
        className="ended-ticket"
      >
        <Ticket
          upper={
            <>
              <span className={`ended-glyph ${words.tone}`}>{words.glyph}</span>
              <h1 id={heading}>{words.heading}</h1>
              <p id={text} className="ended-text">
                {words.text}
              </p>
            </>
          }
          lower={
            <div className="ended-actions" ref={actions}>
              {takeable && <Button onClick={onAgain}>Watch here instead</Button>}
              <Button kind={takeable ? "quiet" : "primary"} onClick={onLeave}>
                {again ? "Enter code" : "Enter another code"}
              </Button>
            </div>
          }
        />
      </div>
      <Foot config={config} />
    </main>
  );
}

interface Words {
  tone: "refused" | "elsewhere" | "over";
  glyph: ReactNode;
  heading: string;
  text: string;
}

function ended(reason: EndReason, expiresAt: number | null): Words {
  switch (reason) {
    case "ticket_revoked":
      return {
        tone: "refused",
        glyph: <BanIcon />,
        heading: "Your access has been revoked",
        text: "The organizer has withdrawn this ticket. If this looks like a mistake, please get in touch with them.",
      };
    case "event_unavailable":
      return {
        tone: "refused",
        glyph: <BanIcon />,
        heading: "This event is no longer available",
        text: "The organizer has closed it.",
      };
    case "superseded":
      return {
        tone: "elsewhere",
        glyph: <DevicesIcon />,
        heading: "Your session has been started on another device.",
        text: "A ticket plays on one device at a time. Was it you? Carry on there, or bring it back here.",
      };
    case "superseded_same_device":
      return {
        tone: "elsewhere",
        glyph: <DevicesIcon />,
        heading: "Your session has been started in another tab.",
        text: "A ticket plays in one place at a time. Carry on there, or bring it back here.",
      };
    case "kicked":
      return {
        tone: "refused",
        glyph: <BanIcon />,
        heading: "The organizer ended this session.",
        text: "Enter your code again.",
      };
    case "inactive":
      return {
        tone: "over",
        glyph: <ClockIcon />,
        heading: "Your session has expired due to inactivity.",
        text: "Please re-enter your access code.",
      };
    case "access_ended":
      return {
        tone: "over",
        glyph: <ClockIcon />,
        heading: "Your access has ended",
        text: `${expiresAt === null ? "" : `It was open until ${localDate(expiresAt)}. `}Thank you for watching.`,
      };
  }
}
