/** A question before something that takes access away. A failure is told inside it, and nothing is lost. */
import { AlertDialog } from "@base-ui/react/alert-dialog";
import { CircleAlert } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import { words } from "../api/failure";
import { Button } from "./button";

export interface ConfirmProps {
  title: string;
  children: ReactNode;
  /** What happens: "Revoke 3 tickets". */
  action: string;
  /** What does not happen: "Keep the event". */
  keep: string;
  danger?: boolean;
  run: () => Promise<unknown>;
  onClose: () => void;
}

export function Confirm({ title, children, action, keep, danger = true, run, onClose }: ConfirmProps) {
  const keepButton = useRef<HTMLButtonElement>(null);
  const { busy, failure, start } = useRun(run, onClose);
  return (
    <Shell onClose={onClose} busy={busy} initialFocus={keepButton}>
      <div className="c-dialog-body">
        <AlertDialog.Title className="c-dialog-title">{title}</AlertDialog.Title>
        <AlertDialog.Description render={<div />} className="c-dialog-text">
          {children}
        </AlertDialog.Description>
        <DialogFailure failure={failure} />
      </div>
      <div className="c-dialog-foot">
        <Button ref={keepButton} onClick={onClose} disabled={busy}>
          {keep}
        </Button>
        <Button kind={danger ? "danger" : "primary"} busy={busy} onClick={start}>
          {action}
        </Button>
      </div>
    </Shell>
  );
}

/** Runs once at a time, closes on success, keeps the failure otherwise. */
export function useRun(run: () => Promise<unknown>, onClose: () => void) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const start = async () => {
    if (busy) return;
    setBusy(true);
    setFailure(null);
    try {
      await run();
      onClose();
    } catch (caught) {
      setFailure(caught);
      setBusy(false);
    }
  };
  return { busy, failure, start };
}

export function DialogFailure({ failure }: { failure: unknown }) {
  if (failure === null) return null;
  return (
    <p className="c-field-error" role="alert">
      <CircleAlert size={16} aria-hidden="true" />
      {words(failure)}
    </p>
  );
}

interface ShellProps {
  children: ReactNode;
  busy: boolean;
  initialFocus: React.RefObject<HTMLElement | null>;
  onClose: () => void;
}

/** The window of a question: closes on Escape, never while its answer is on the way. */
export function Shell({ children, busy, initialFocus, onClose }: ShellProps) {
  return (
    <AlertDialog.Root open onOpenChange={(open) => !open && !busy && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="c-backdrop" />
        <AlertDialog.Popup className="c-dialog" initialFocus={initialFocus}>
          {children}
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
