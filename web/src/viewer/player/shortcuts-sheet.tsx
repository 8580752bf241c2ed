/** The list of keys, which `?` shows. */
import { Fragment, useEffect, useRef } from "react";
import { CloseIcon } from "../../ui/icons";

const KEYS: Array<{ does: string; keys: string[]; also?: string }> = [
  { does: "Play or pause", keys: ["Space"] },
  { does: "Back or forward 10 seconds", keys: ["←", "→"] },
  { does: "Louder or quieter by 10 %", keys: ["↑", "↓"] },
  { does: "Mute", keys: ["M"] },
  { does: "Full screen", keys: ["F"], also: "or double-click" },
  { does: "Close a menu or this list", keys: ["Esc"] },
  { does: "Show this list", keys: ["?"] },
];

export function ShortcutsSheet({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      className="sheet"
      aria-labelledby="shortcuts-heading"
      onClose={onClose}
      onKeyDown={(event) => event.key === "?" && dialog.current?.close()}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
    >
      <div className="sheet-head">
        <h2 id="shortcuts-heading">Keyboard shortcuts</h2>
        <button type="button" className="control" aria-label="Close" onClick={() => dialog.current?.close()}>
          <CloseIcon />
        </button>
      </div>
      <dl className="sheet-keys">
        {KEYS.map(({ does, keys, also }) => (
          <Fragment key={does}>
            <dt>{does}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
              {also !== undefined && <span>{also}</span>}
            </dd>
          </Fragment>
        ))}
      </dl>
    </dialog>
  );
}
