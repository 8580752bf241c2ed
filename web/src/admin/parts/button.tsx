/** The console's buttons and the links that look like them. */
import type { LucideIcon } from "lucide-react";
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { Link } from "wouter";

type Kind = "primary" | "secondary" | "danger" | "danger-quiet" | "plain";

interface Look {
  kind?: Kind;
  size?: "normal" | "small";
  icon?: LucideIcon;
  children: ReactNode;
}

export interface ButtonProps extends Look, Omit<ButtonHTMLAttributes<HTMLButtonElement>, "children"> {
  /** Shows a spinner beside the label, which stays. */
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

const classes = (kind: Kind, size: "normal" | "small") =>
  `c-btn c-btn-${kind}${size === "small" ? " c-btn-small" : ""}`;

export function Button({
  kind = "secondary",
  size = "normal",
  icon: Icon,
  busy = false,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button type="button" {...rest} className={`${classes(kind, size)} ${rest.className ?? ""}`} aria-busy={busy}>
      {busy ? <span className="c-btn-spinner" aria-hidden="true" /> : Icon && <Icon size={16} aria-hidden="true" />}
      {children}
    </button>
  );
}

export interface ButtonLinkProps extends Look {
  href: string;
  className?: string;
}

export function ButtonLink({
  href,
  kind = "secondary",
  size = "normal",
  icon: Icon,
  children,
  className,
}: ButtonLinkProps) {
  return (
    <Link href={href} className={`${classes(kind, size)} ${className ?? ""}`}>
      {Icon && <Icon size={16} aria-hidden="true" />}
      {children}
    </Link>
  );
}

export interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "children"> {
  label: string;
  icon: LucideIcon;
  ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ label, icon: Icon, ...rest }: IconButtonProps) {
  return (
    <button type="button" {...rest} className={`c-icon-btn ${rest.className ?? ""}`} aria-label={label} title={label}>
      <Icon size={16} aria-hidden="true" />
    </button>
  );
}
