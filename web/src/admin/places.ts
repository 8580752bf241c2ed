/** The places of the console: the navigation, and the names by which people are brought back. */
import { CalendarDays, LayoutDashboard, LifeBuoy, type LucideIcon, ScrollText, Server, Ticket } from "lucide-react";

export interface Place {
  label: string;
  href: string;
  icon: LucideIcon;
}

export const help: Place = { label: "Help a viewer", href: "/admin/help", icon: LifeBuoy };

export const places: Place[] = [
  { label: "Dashboard", href: "/admin", icon: LayoutDashboard },
  { label: "Events", href: "/admin/events", icon: CalendarDays },
  { label: "Tickets", href: "/admin/tickets", icon: Ticket },
  { label: "Edges", href: "/admin/edges", icon: Server },
  { label: "Audit log", href: "/admin/audit-log", icon: ScrollText },
];

const isUnder = (path: string, href: string) => path === href || (href !== "/admin" && path.startsWith(`${href}/`));

/** The place that a path belongs to, if any. */
export const placeOf = (path: string): Place | undefined => [help, ...places].find(({ href }) => isUnder(path, href));
