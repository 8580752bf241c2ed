/** Names for the shapes of the OpenAPI document that the console speaks of. */
import type { components, paths } from "../../api/schema.gen";

type Schemas = components["schemas"];

export type Event = Schemas["EventBody"];
export type EventDetail = Schemas["EventDetail"];
export type EventForm = Schemas["EventForm"];
export type Ticket = Schemas["TicketBody"];
export type TicketDetail = Schemas["TicketDetail"];
export type TicketStatus = Schemas["TicketStatus"];
export type Breakdown = Schemas["TokenBreakdown"];
export type Pagination = Schemas["Pagination"];

export type EventQuery = NonNullable<paths["/api/admin/events"]["get"]["parameters"]["query"]>;
export type TicketQuery = NonNullable<paths["/api/admin/tokens"]["get"]["parameters"]["query"]>;

export type Dashboard = Schemas["Dashboard"];
export type ViewersPoint = Schemas["ViewersPoint"];
export type Edge = Schemas["EdgeBody"];
export type Viewer = Schemas["ViewerBody"];
export type StreamTest = Schemas["StreamTest"];
export type Refusal = Schemas["Refusal"];
export type AuditEntry = Schemas["AuditEntry"];
export type AuditKind = AuditEntry["kind"];
export type AuditQuery = NonNullable<paths["/api/admin/audit-log"]["get"]["parameters"]["query"]>;
