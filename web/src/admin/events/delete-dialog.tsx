/** Deleting an event takes two steps: a warning with numbers, then its title, typed. */
import { AlertDialog } from "@base-ui/react/alert-dialog";
import { Trash2 } from "lucide-react";
import { type FormEvent, useId, useRef, useState } from "react";
import { counted } from "../amounts";
import type { Event } from "../api/types";
import { Button } from "../parts/button";
import { DialogFailure, Shell, useRun } from "../parts/confirm";
import { useToasts } from "../parts/toasts";
import { useEventActions } from "./queries";
import { isTitle } from "./title";

export interface DeleteEventProps {
  event: Event;
  onClose: () => void;
  onDeleted?: () => void;
}

export function DeleteEvent({ event, onClose, onDeleted }: DeleteEventProps) {
  const [step, setStep] = useState<1 | 2>(1);
  const [typed, setTyped] = useState("");
  const keep = useRef<HTMLButtonElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const fieldId = useId();
  const actions = useEventActions();
  const toast = useToasts();
  const { busy, failure, start } = useRun(async () => {
    await actions.remove(event.id, event.title);
    toast.good(`Event deleted, with ${counted(event.tokenCount, "ticket")}`);
    onDeleted?.();
  }, onClose);
  const matches = isTitle(typed, event.title);
  const submit = (submitted: FormEvent) => {
    submitted.preventDefault();
    if (step === 1) {
      setStep(2);
      requestAnimationFrame(() => field.current?.focus());
    } else if (matches) void start();
  };
  return (
    <Shell onClose={onClose} busy={busy} initialFocus={keep}>
      <form onSubmit={submit}>
        <div className="c-dialog-body">
          <p className="c-steps">
            <span data-on="true" />
            <span data-on={step === 2} />
            Step {step} of 2
          </p>
          <AlertDialog.Title className="c-dialog-title">
            {step === 1 ? `Delete “${event.title}”?` : "Type the title to delete this event"}
          </AlertDialog.Title>
          <AlertDialog.Description className="c-dialog-text">{loss(event)}</AlertDialog.Description>
          {step === 2 && (
            <>
              <p className="c-title-to-type">{event.title}</p>
              <div className="c-field">
                <label htmlFor={fieldId}>Title of the event</label>
                <input
                  id={fieldId}
                  ref={field}
                  value={typed}
                  autoComplete="off"
                  autoCorrect="off"
                  autoCapitalize="off"
                  spellCheck={false}
                  onChange={(change) => setTyped(change.target.value)}
                />
              </div>
            </>
          )}
          <DialogFailure failure={failure} />
        </div>
        <div className="c-dialog-foot">
          <Button ref={keep} onClick={onClose} disabled={busy}>
            Keep the event
          </Button>
          {step === 1 ? (
            <Button type="submit" kind="danger-quiet">
              Continue
            </Button>
          ) : (
            <Button type="submit" kind="danger" icon={Trash2} busy={busy} disabled={!matches}>
              Delete event and tickets
            </Button>
          )}
        </div>
      </form>
    </Shell>
  );
}

function loss({ tokenCount, liveViewers }: Event): string {
  const tickets = `${counted(tokenCount, "ticket")} ${tokenCount === 1 ? "goes" : "go"} with it`;
  if (liveViewers === 0) return `${tickets}. This cannot be undone.`;
  const people = counted(liveViewers, "person who is watching loses", "people who are watching lose");
  return `${tickets}, and ${people} the picture. This cannot be undone.`;
}
