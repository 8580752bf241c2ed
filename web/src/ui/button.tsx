import type { ButtonHTMLAttributes, Ref } from "react";

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** Shows a spinner beside the label, which stays. */
  busy?: boolean;
  kind?: "primary" | "quiet";
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ busy = false, kind = "primary", type = "button", children, ...rest }: ButtonProps) {
  return (
    <button {...rest} type={type} className={`button ${kind}`} aria-busy={busy}>
      {busy && <span className="spinner small" aria-hidden="true" />}
      {children}
    </button>
  );
}
