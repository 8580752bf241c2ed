/** The question before each thing that is done to tickets. */
import { count, counted } from "../amounts";
import type { Ticket } from "../api/types";
import { useInForce } from "../edges/in-force";
import { Confirm } from "../parts/confirm";
import { useToasts } from "../parts/toasts";
import { type TicketFilter, useTicketActions } from "./queries";

interface OneTicket {
  ticket: Ticket;
  onClose: () => void;
}

const named = (label: string | null) => (label === null ? "this ticket" : `“${label}”`);

export function RevokeTicket({ ticket, onClose }: OneTicket) {
  const actions = useTicketActions();
  const inForce = useInForce();
  return (
    <Confirm
      title={`Revoke ${named(ticket.label)}?`}
      action="Revoke ticket"
      keep="Keep the ticket"
      onClose={onClose}
      run={async () => inForce.begin([ticket.id, LATEST], await actions.revoke(ticket))}
    >
      <p>
        Whoever watches with it loses the picture within seconds, and its code is refused. You can un-revoke it later.
      </p>
    </Confirm>
  );
}

export function UnrevokeTicket({ ticket, onClose }: OneTicket) {
  const actions = useTicketActions();
  const inForce = useInForce();
  return (
    <Confirm
      title={`Un-revoke ${named(ticket.label)}?`}
      action="Un-revoke ticket"
      keep="Leave it revoked"
      danger={false}
      onClose={onClose}
      run={async () => inForce.begin([ticket.id, LATEST], await actions.unrevoke(ticket))}
    >
      <p>Its code works again at once, until the ticket expires.</p>
    </Confirm>
  );
}

export interface EndSessionProps {
  ticketId: string;
  label: string | null;
  onClose: () => void;
}

export function EndSession({ ticketId, label, onClose }: EndSessionProps) {
  const actions = useTicketActions();
  const toast = useToasts();
  return (
    <Confirm
      title={`End the session of ${named(label)}?`}
      action="End session"
      keep="Let it play"
      onClose={onClose}
      run={async () => {
        await actions.endSession(ticketId);
        toast.good("Session ended. The ticket is free for another device.");
      }}
    >
      <p>The device that plays now loses the picture. The ticket stays valid: its code can be entered again at once.</p>
    </Confirm>
  );
}

export interface RevokeManyProps {
  which: { kind: "ids"; ids: string[] } | { kind: "matching"; filter: TicketFilter; total: number };
  /** In words, what the filter matches: "Unused, in Halden Quartet". */
  described: string;
  onClose: () => void;
  onDone: () => void;
}

export function RevokeMany({ which, described, onClose, onDone }: RevokeManyProps) {
  const actions = useTicketActions();
  const inForce = useInForce();
  const toast = useToasts();
  const total = which.kind === "ids" ? which.ids.length : which.total;
  const run = async () => {
    const body = which.kind === "ids" ? { tokenIds: which.ids } : { filter: which.filter };
    const done = await actions.revokeMany(body);
    inForce.begin([...(which.kind === "ids" ? which.ids : []), LATEST], done.feedSeq);
    toast.good(`${counted(done.count, "ticket")} revoked`);
    onDone();
  };
  return (
    <Confirm
      title={`Revoke ${counted(total, "ticket")}?`}
      action={`Revoke ${counted(total, "ticket")}`}
      keep={total === 1 ? "Keep the ticket" : "Keep the tickets"}
      onClose={onClose}
      run={run}
    >
      <p>
        {which.kind === "matching" && `All ${count(total)} that match: ${described}. `}
        Whoever watches with them loses the picture within seconds, and their codes are refused.
      </p>
    </Confirm>
  );
}

/** The latest change of tickets, also of those that are not on the page. */
export const LATEST = "many";
