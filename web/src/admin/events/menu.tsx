/** What can be done to an event, as a menu, and the question before each. */
import { Archive, ArchiveRestore, Pencil, Power, PowerOff, TicketPlus, Trash2 } from "lucide-react";
import { useState } from "react";
import { count, counted } from "../amounts";
import type { Event } from "../api/types";
import { useInForce } from "../edges/in-force";
import { Confirm } from "../parts/confirm";
import type { MenuEntry } from "../parts/menu";
import { useToasts } from "../parts/toasts";
import { DeleteEvent } from "./delete-dialog";
import { useEventActions } from "./queries";

export type Asked = "deactivate" | "reactivate" | "archive" | "unarchive" | "delete" | null;

export function useEventMenu(event: Event) {
  const [asked, setAsked] = useState<Asked>(null);
  const ask = (next: Asked) => () => setAsked(next);
  const entries: MenuEntry[] = [
    { label: "Edit", icon: Pencil, href: `/admin/events/${event.id}/edit` },
    { label: "Generate tickets", icon: TicketPlus, href: `/admin/tickets/generate?eventId=${event.id}` },
    event.isActive
      ? { label: "Deactivate…", icon: PowerOff, run: ask("deactivate") }
      : { label: "Reactivate…", icon: Power, run: ask("reactivate") },
    event.isArchived
      ? { label: "Unarchive…", icon: ArchiveRestore, run: ask("unarchive") }
      : { label: "Archive…", icon: Archive, run: ask("archive") },
    { label: "Delete…", icon: Trash2, danger: true, run: ask("delete") },
  ];
  return { entries, asked, ask: setAsked, close: () => setAsked(null) };
}

interface QuestionProps {
  event: Event;
  asked: Asked;
  onClose: () => void;
  /** Called after the event has been deleted. */
  onDeleted?: () => void;
}

export function EventQuestion({ event, asked, onClose, onDeleted }: QuestionProps) {
  const actions = useEventActions();
  const toast = useToasts();
  const inForce = useInForce();
  const watching = event.liveViewers;
  const tickets = counted(event.tokenCount, "ticket");
  switch (asked) {
    case null:
      return null;
    case "deactivate":
      return (
        <Confirm
          title={`Deactivate “${event.title}”?`}
          action="Deactivate"
          keep="Keep it active"
          onClose={onClose}
          run={async () => inForce.begin(event.id, await actions.deactivate(event.id))}
        >
          <p>
            {watching === 0
              ? "Nobody is watching now."
              : `${counted(watching, "person is", "people are")} watching now and ${watching === 1 ? "loses" : "lose"} the picture within seconds.`}{" "}
            {tickets} stop working until you reactivate it.
          </p>
        </Confirm>
      );
    case "reactivate":
      return (
        <Confirm
          title={`Reactivate “${event.title}”?`}
          action="Reactivate"
          keep="Leave it inactive"
          danger={false}
          onClose={onClose}
          run={async () => inForce.begin(event.id, await actions.reactivate(event.id))}
        >
          <p>{tickets} work again at once, except those that are revoked or expired.</p>
        </Confirm>
      );
    case "archive":
      return (
        <Confirm
          title={`Archive “${event.title}”?`}
          action="Archive"
          keep="Keep it in the list"
          danger={false}
          onClose={onClose}
          run={async () => {
            await actions.archive(event.id);
            toast.good("Event archived", { label: "Undo", run: () => void actions.unarchive(event.id) });
          }}
        >
          <p>
            It disappears from the list and stays under “Show archived”. Access does not change: {count(watching)}{" "}
            watching, {tickets} keep working.
          </p>
        </Confirm>
      );
    case "unarchive":
      return (
        <Confirm
          title={`Put “${event.title}” back into the list?`}
          action="Unarchive"
          keep="Leave it archived"
          danger={false}
          onClose={onClose}
          run={() => actions.unarchive(event.id)}
        >
          <p>Access does not change.</p>
        </Confirm>
      );
    case "delete":
      return <DeleteEvent event={event} onClose={onClose} onDeleted={onDeleted} />;
  }
}
