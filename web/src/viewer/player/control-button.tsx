import type { ReactNode } from "react";

export interface ControlButtonProps {
  name: string;
  /** The word under the picture on a phone held upright; without one there is only the pictogram. */
  label?: string;
  shortcut?: string;
  pressed?: boolean;
  className?: string;
  onPress: () => void;
  children: ReactNode;
}

/** A button of the player: its name also says its key. */
export function ControlButton({ name, label, shortcut, pressed, className, onPress, children }: ControlButtonProps) {
  return (
    <button
      type="button"
      className={`control ${className ?? ""}`}
      aria-label={name}
      aria-keyshortcuts={shortcut}
      aria-pressed={pressed}
      title={shortcut === undefined ? name : `${name} (${shortcut})`}
      onClick={onPress}
    >
      {children}
      {label !== undefined && (
        <span className="tool-label" aria-hidden="true">
          {label}
        </span>
      )}
    </button>
  );
}
