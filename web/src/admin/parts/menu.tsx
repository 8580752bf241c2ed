/** The three dots of a row or a page. */
import { Menu } from "@base-ui/react/menu";
import { Ellipsis, type LucideIcon } from "lucide-react";
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

export function RowMenu({ label, entries, boxed = false }: { label: string; entries: MenuEntry[]; boxed?: boolean }) {
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
    <Menu.Root>
      <Menu.Trigger
        className={boxed ? "c-btn c-btn-secondary c-btn-square" : "c-icon-btn"}
        aria-label={label}
        title={label}
      >
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
