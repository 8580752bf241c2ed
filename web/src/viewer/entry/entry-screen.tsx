/** Asks for the code of a ticket. The text in the field is exactly what was typed, and stays whatever the answer is. */
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { Button } from "../../ui/button";
import { AlertIcon, DevicesIcon, WifiOffIcon } from "../../ui/icons";
import { Mark } from "../../ui/mark";
import { Ticket } from "../../ui/ticket";
import type { ViewerConfig } from "../config";
import { Foot } from "../foot";
import { preloadPlayer, preloadPlayerWhenIdle } from "../preload";
import type { Notice, State } from "../session/model";
import { useNow } from "../use-now";
import { typedCode } from "./code";
import "./entry.css";
import { type Message, message } from "./messages";

export interface EntryScreenProps {
  config: ViewerConfig;
  linkedCode: string | null;
  state: Extract<State, { phase: "idle" | "redeeming" }>;
  onSubmit: (code: string) => void;
}

export function EntryScreen({ config, linkedCode, state, onSubmit }: EntryScreenProps) {
  const [text, setText] = useState(firstText(state, linkedCode));
  const field = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const [filled] = useState(() => linkedCode !== null && text === linkedCode);
  const hint = useId();
  const words = useId();
  const notice = state.phase === "idle" ? state.notice : null;
  const checking = state.phase === "redeeming";
  const secondsLeft = useSecondsLeft(notice);

  useEffect(preloadPlayerWhenIdle, []);
  useEffect(() => {
    // A code that came with the address only wants to be confirmed.
    if (filled) button.current?.focus();
    // On touch the keyboard would hide the page before it has been read.
    else if (window.matchMedia("(pointer: fine)").matches) field.current?.focus();
  }, [filled]);
  useEffect(() => {
    if (notice === null) return;
    field.current?.focus();
    field.current?.select();
  }, [notice]);

  function submit(event: FormEvent) {
    event.preventDefault();
    const code = typedCode(text);
    if (checking || secondsLeft > 0) return;
    if (code === "") field.current?.focus();
    else onSubmit(code);
  }

  const said = notice === null ? null : message(notice, config.appName);
  const touch = window.matchMedia("(pointer: coarse)").matches;
  const hinted = hintFor(said?.tone ?? null, linkedCode !== null && text === linkedCode, touch);
  return (
    <main className="entry">
      <form onSubmit={submit} noValidate className="entry-form">
        <Ticket
          upper={
            <>
              <p className="ticket-name">
                <Mark />
                <span>{config.appName}</span>
                <span className="ticket-rule">One ticket, one device</span>
              </p>
              <h1>Enter Your Access Code</h1>
            </>
          }
          lower={
            <>
              <label className="visually-hidden" htmlFor={`${hint}-field`}>
                Access code
              </label>
              <input
                id={`${hint}-field`}
                ref={field}
                className="code-field"
                type="text"
                name="code"
                value={text}
                onChange={(event) => setText(event.target.value)}
                onFocus={preloadPlayer}
                readOnly={checking}
                autoComplete="one-time-code"
                autoCapitalize="none"
                autoCorrect="off"
                spellCheck={false}
                aria-invalid={said?.tone === "error"}
                aria-describedby={`${words} ${hint}`}
              />
              <div id={words} role="alert" className={`entry-message ${said?.tone ?? ""}`}>
                {said !== null && (
                  <>
                    <MessageIcon tone={said.tone} />
                    <span>{said.text}</span>
                  </>
                )}
              </div>
              <p id={hint} className="hint">
                {hinted}
              </p>
              <Button ref={button} type="submit" busy={checking} aria-disabled={secondsLeft > 0}>
                {secondsLeft > 0 ? `Try again in ${secondsLeft} s` : "Watch Now"}
              </Button>
              <div role="status" className="visually-hidden">
                {checking ? "Checking your code" : ""}
              </div>
            </>
          }
        />
      </form>
      <Foot config={config} />
    </main>
  );
}

function MessageIcon({ tone }: { tone: Message["tone"] }) {
  if (tone === "info") return <DevicesIcon />;
  return tone === "warning" ? <WifiOffIcon /> : <AlertIcon />;
}

/** The code of the address fills the field once; after an end, another code is wanted. */
function firstText(state: EntryScreenProps["state"], linkedCode: string | null): string {
  const fresh = state.phase === "idle" && state.claims === 0;
  return state.code === "" && fresh ? (linkedCode ?? "") : state.code;
}

function hintFor(tone: string | null, fromLink: boolean, touch: boolean): string {
  if (tone === "error") return "Capital and small letters count.";
  if (fromLink) return `Filled in from your ticket. ${touch ? "Tap" : "Press"} Watch Now.`;
  return tone === null ? "Enter the code from your ticket" : "";
}

function useSecondsLeft(notice: Notice | null): number {
  // Renders every second; the notice may be younger than the last of them, so that the present counts.
  useNow();
  if (notice?.kind !== "refused" || notice.retryAt === null) return 0;
  return Math.max(0, Math.ceil((notice.retryAt - Date.now()) / 1000));
}
