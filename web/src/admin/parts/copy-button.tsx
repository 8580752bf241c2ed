/** Copies a text and says so, on the button and to screen readers. */
import { Check, Copy, type LucideIcon } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { announce } from "./announcer";
import { useToasts } from "./toasts";

const CONFIRMED_FOR_MS = 2_000;
const NOT_ALLOWED = "Not copied: this browser does not allow it here. Select the text instead.";

function useCopy(text: () => string) {
  const [copied, setCopied] = useState(0);
  const toast = useToasts();
  useEffect(() => {
    if (copied === 0) return;
    const timer = setTimeout(() => setCopied(0), CONFIRMED_FOR_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await writeText(text());
      setCopied((times) => times + 1);
      announce("Copied");
    } catch {
      toast.failed(NOT_ALLOWED);
    }
  };
  return { copied: copied > 0, copy };
}

/** Copies from a menu, which closes: a toast confirms instead of the button. */
export function useCopyToast() {
  const toast = useToasts();
  return (text: string, done: string) =>
    writeText(text).then(
      () => toast.good(done),
      () => toast.failed(NOT_ALLOWED),
    );
}

/** The clipboard, also on the plain http of a local network, where browsers offer no clipboard object. */
async function writeText(text: string): Promise<void> {
  if (window.isSecureContext) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  (document.activeElement?.parentElement ?? document.body).append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("copying was refused");
}

export interface CopyButtonProps {
  text: () => string;
  /** What is copied, for screen readers: "code", "link to the ticket". */
  what: string;
}

export function CopyIcon({ text, what }: CopyButtonProps) {
  const { copied, copy } = useCopy(text);
  const Icon = copied ? Check : Copy;
  const label = copied ? "Copied" : `Copy ${what}`;
  return (
    <button type="button" className="c-icon-btn" data-done={copied} aria-label={label} title={label} onClick={copy}>
      <Icon size={16} aria-hidden="true" />
    </button>
  );
}

export interface CopyTextProps extends CopyButtonProps {
  children: ReactNode;
  size?: "normal" | "small";
  icon?: LucideIcon;
}

/** Both labels lie in the same cell of a grid, so that the width stays when one replaces the other. */
export function CopyButton({ text, what, children, size = "normal", icon: Icon = Copy }: CopyTextProps) {
  const { copied, copy } = useCopy(text);
  return (
    <button
      type="button"
      className={`c-btn c-btn-secondary c-btn-copy${size === "small" ? " c-btn-small" : ""}`}
      data-done={copied}
      aria-label={copied ? "Copied" : `Copy ${what}`}
      onClick={copy}
    >
      <span aria-hidden={copied}>
        <Icon size={16} aria-hidden="true" />
        {children}
      </span>
      <span aria-hidden={!copied}>
        <Check size={16} aria-hidden="true" />
        Copied
      </span>
    </button>
  );
}
