/** Tells once a device that a phone can be turned. */
import { useState } from "react";
import { CloseIcon, PhoneIcon } from "../../ui/icons";

const KEY = "streamgate.turned";

export function TurnHint() {
  const [closed, setClosed] = useState(wasClosed);
  if (closed) return null;
  return (
    <div className="turn-hint">
      <PhoneIcon />
      <span>Turn your phone for full screen.</span>
      <button
        type="button"
        className="control"
        aria-label="Close the hint"
        onClick={() => {
          setClosed(true);
          remember();
        }}
      >
        <CloseIcon />
      </button>
    </div>
  );
}

function wasClosed(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

function remember(): void {
  try {
    localStorage.setItem(KEY, "1");
  } catch {
    // Without storage the hint comes back with the next visit.
  }
}
