/** The three dots of a row or a page. */
import { Menu } from "@base-ui/react/menu";
import { Ellipsis, type LucideIcon } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";

/** Where open menus hang in the document. */
export const MENUS = "menus";

export interface MenuEntry {
  label: string;
  icon: LucideIcon;
  danger?: boolean;
  /** Opens this page; else `run`. */
  href?: string;
  run?: () => void;
}

export interface RowMenuProps {
  label: string;
  entries: MenuEntry[];
  boxed?: boolean;
}

/** A plain button until it is wanted: a table has fifty of them, and each menu listens to much. */
export function RowMenu(props: RowMenuProps) {
  const [wanted, setWanted] = useState(false);
  if (wanted) return <OpenedMenu {...props} />;
  return (
    <button
      type="button"
      className={lookOf(props)}
      aria-label={props.label}
      title={props.label}
      aria-haspopup="menu"
      aria-expanded="false"
      onClick={() => setWanted(true)}
    >
      <Ellipsis size={16} aria-hidden="true" />
    </button>
  );
}

const lookOf = ({ boxed }: RowMenuProps) => (boxed ? "c-btn c-btn-secondary c-btn-square" : "c-icon-btn");

function OpenedMenu(props: RowMenuProps) {
  const { label, entries } = props;
  const [, navigate] = useLocation();
  const rest = entries.filter((entry) => entry.danger !== true);
  const dangerous = entries.filter((entry) => entry.danger === true);
  const item = ({ label: text, icon: Icon, href, run, danger }: MenuEntry) => (
    <Menu.Item
      key={text}
      className="c-menu-item"
      data-danger={danger}
      onClick={() => (href === undefined ? run?.() : navigate(href))}
    >
      <Icon size={16} aria-hidden="true" />
      {text}
    </Menu.Item>
  );
  return (
    <Menu.Root defaultOpen>
      <Menu.Trigger className={lookOf(props)} aria-label={label} title={label}>
        <Ellipsis size={16} aria-hidden="true" />
      </Menu.Trigger>
      {/* Within the page's main landmark, where people look for what belongs to the page. */}
      <Menu.Portal container={document.getElementById(MENUS)}>
        <Menu.Positioner className="c-menu-positioner" sideOffset={4} align="end">
          <Menu.Popup className="c-menu">
            {rest.map(item)}
            {rest.length > 0 && dangerous.length > 0 && <Menu.Separator className="c-menu-rule" />}
            {dangerous.map(item)}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
