/** Exports an event's tickets; when no event is chosen yet, asks for one. */
import { AlertDialog } from "@base-ui/react/alert-dialog";
import { FileDown } from "lucide-react";
import { useId, useRef, useState } from "react";
import { words } from "../api/failure";
import { Button } from "../parts/button";
import { DialogFailure, Shell, useRun } from "../parts/confirm";
import { EventPicker } from "../parts/event-picker";
import { useToasts } from "../parts/toasts";
import { exportTickets } from "./export";

export function ExportButton({ eventId }: { eventId: string | undefined }) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const toast = useToasts();
  const save = async () => {
    if (eventId === undefined) return setAsking(true);
    setBusy(true);
    await exportTickets(eventId).catch((failure) => toast.failed(`Not exported. ${words(failure)}`));
    setBusy(false);
  };
  return (
    <>
      <Button icon={FileDown} busy={busy} onClick={save}>
        Export CSV
      </Button>
      {asking && <ChooseEvent onClose={() => setAsking(false)} />}
    </>
  );
}

function ChooseEvent({ onClose }: { onClose: () => void }) {
  const [eventId, setEventId] = useState("");
  const { busy, failure, start } = useRun(() => exportTickets(eventId), onClose);
  const id = useId();
  const cancel = useRef<HTMLButtonElement>(null);
  return (
    <Shell busy={busy} onClose={onClose} initialFocus={cancel}>
      <div className="c-dialog-body">
        <AlertDialog.Title className="c-dialog-title">Which event's tickets?</AlertDialog.Title>
        <AlertDialog.Description className="c-dialog-text">
          A file holds the tickets of one event, with their codes: keep it like cash.
        </AlertDialog.Description>
        <div className="c-field">
          <label htmlFor={id}>Event</label>
          <EventPicker id={id} label="Event" empty="Type part of its title" value={eventId} onChange={setEventId} />
        </div>
        <DialogFailure failure={failure} />
      </div>
      <div className="c-dialog-foot">
        <Button ref={cancel} onClick={onClose}>
          Cancel
        </Button>
        <Button kind="primary" icon={FileDown} busy={busy} disabled={eventId === ""} onClick={start}>
          Export CSV
        </Button>
      </div>
    </Shell>
  );
}
