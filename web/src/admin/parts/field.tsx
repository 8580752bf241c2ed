/** A labelled field with its hint and its error; the control inside gets the ids that tie them together. */
import { CircleAlert } from "lucide-react";
import { type ReactNode, useId } from "react";

interface ControlIds {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean | undefined;
}

export interface FieldProps {
  label: string;
  optional?: boolean;
  hint?: ReactNode;
  error?: string | null;
  children: (ids: ControlIds) => ReactNode;
}

export function Field({ label, optional = false, hint, error, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const hasNote = error != null || hint != null;
  return (
    <div className="c-field">
      <label htmlFor={id}>
        {label} {optional && <span className="c-optional">(optional)</span>}
      </label>
      {children({ id, "aria-describedby": hasNote ? noteId : undefined, "aria-invalid": error != null || undefined })}
      {error != null ? (
        <p id={noteId} className="c-field-error">
          <CircleAlert size={16} aria-hidden="true" />
          {error}
        </p>
      ) : (
        hint != null && (
          <p id={noteId} className="c-hint">
            {hint}
          </p>
        )
      )}
    </div>
  );
}
