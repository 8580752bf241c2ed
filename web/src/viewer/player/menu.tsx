/** A list to choose one thing from, above its button. Opens on the chosen row; arrows, Home, End, letters and Esc work. */
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { CheckIcon } from "../../ui/icons";

export interface MenuRow {
  id: number;
  name: string;
  fact?: string;
}

export interface MenuProps {
  name: string;
  label: string;
  icon: ReactNode;
  rows: MenuRow[];
  chosen: number;
  /** Whether the button looks switched on. */
  on?: boolean;
  onChoose: (id: number) => void;
}

export function Menu({ name, label, icon, rows, chosen, on = false, onChoose }: MenuProps) {
  const [open, setOpen] = useState(false);
  const area = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const list = useId();

  const items = () => Array.from(area.current?.querySelectorAll<HTMLElement>("[role=menuitemradio]") ?? []);
  useEffect(() => {
    if (!open) return;
    const rowsShown = Array.from(area.current?.querySelectorAll<HTMLElement>("[role=menuitemradio]") ?? []);
    (rowsShown.find((row) => row.ariaChecked === "true") ?? rowsShown[0])?.focus();
    const away = (event: Event) => {
      if (event.target instanceof Node && !area.current?.contains(event.target)) setOpen(false);
    };
    window.addEventListener("pointerdown", away);
    return () => window.removeEventListener("pointerdown", away);
  }, [open]);

  function close() {
    setOpen(false);
    button.current?.focus();
  }

  function onKey(event: KeyboardEvent) {
    const all = items();
    const at = document.activeElement instanceof HTMLElement ? all.indexOf(document.activeElement) : -1;
    const next = rowFor(event.key, at, all);
    if (event.key === "Escape") close();
    else if (next !== null) all[next]?.focus();
    else if (event.key !== "Tab") return;
    if (event.key === "Tab") setOpen(false);
    else event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div className="tool" ref={area}>
      <button
        ref={button}
        type="button"
        className={`control ${on || open ? "on" : ""}`}
        aria-label={name}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? list : undefined}
        title={name}
        onClick={() => setOpen(!open)}
      >
        {icon}
        <span className="tool-label" aria-hidden="true">
          {label}
        </span>
      </button>
      {open && (
        <div id={list} role="menu" aria-label={name} className="menu" tabIndex={-1} onKeyDown={onKey}>
          <p className="menu-title" role="presentation">
            {name}
          </p>
          {rows.map((row) => (
            <button
              key={row.id}
              type="button"
              role="menuitemradio"
              aria-checked={row.id === chosen}
              className="menu-row"
              tabIndex={-1}
              onClick={() => {
                onChoose(row.id);
                close();
              }}
            >
              <span className="menu-check">{row.id === chosen && <CheckIcon />}</span>
              <span className="menu-name">{row.name}</span>
              {row.fact !== undefined && <span className="menu-fact">{row.fact}</span>}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function rowFor(key: string, at: number, rows: HTMLElement[]): number | null {
  const count = rows.length;
  switch (key) {
    case "ArrowDown":
      return (at + 1) % count;
    case "ArrowUp":
      return (at - 1 + count) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default: {
      if (key.length !== 1 || key === " ") return null;
      const starts = (row: HTMLElement | undefined) =>
        row?.querySelector(".menu-name")?.textContent?.toLowerCase().startsWith(key.toLowerCase()) === true;
      const found = rows.findIndex((_, step) => starts(rows[(at + 1 + step) % count]));
      return found < 0 ? null : (at + 1 + found) % count;
    }
  }
}
