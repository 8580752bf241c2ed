/** Asks before something that was typed and not saved is left: by a link, by Back, by signing out or by closing the tab. */
import { useEffect, useState } from "react";
import type { AroundNavHandler } from "wouter";
import { Confirm } from "./parts/confirm";

type Go = () => void;

/** The page that has something unsaved; it decides whether anybody goes. */
let holder: ((go: Go) => void) | null = null;

/** Goes, unless a page has something unsaved: then the organizer is asked. */
export function leaveBy(go: Go): void {
  if (holder === null) go();
  else holder(go);
}

/** What was unsaved is saved: the next way out is free. */
export function nothingUnsaved(): void {
  holder = null;
}

export const aroundNav: AroundNavHandler = (navigate, to, options) => leaveBy(() => navigate(to, options));

/** Where browsers let a page keep Back from leaving it; elsewhere Back leaves, as it does on any page. */
interface Traversal extends globalThis.Event {
  navigationType: string;
  destination: { key: string };
}
const navigation = () =>
  Reflect.get(window, "navigation") as (EventTarget & { traverseTo(key: string): void }) | undefined;

export function LeaveQuestion({ unsaved }: { unsaved: boolean }) {
  const [go, setGo] = useState<Go | null>(null);
  useEffect(() => {
    if (!unsaved) return;
    holder = (next) => setGo(() => next);
    const history = navigation();
    const onClose = (event: BeforeUnloadEvent) => event.preventDefault();
    const onBack = (event: globalThis.Event) => {
      const { navigationType, destination, cancelable } = event as Traversal;
      if (navigationType !== "traverse" || !cancelable || holder === null) return;
      event.preventDefault();
      holder(() => history?.traverseTo(destination.key));
    };
    window.addEventListener("beforeunload", onClose);
    history?.addEventListener("navigate", onBack);
    return () => {
      holder = null;
      window.removeEventListener("beforeunload", onClose);
      history?.removeEventListener("navigate", onBack);
    };
  }, [unsaved]);
  if (go === null) return null;
  return (
    <Confirm
      title="Leave without saving?"
      action="Leave without saving"
      keep="Stay here"
      run={async () => {
        nothingUnsaved();
        go();
      }}
      onClose={() => setGo(null)}
    >
      What you changed on this page is not saved yet.
    </Confirm>
  );
}
