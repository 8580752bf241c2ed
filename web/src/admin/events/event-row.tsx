import { Link } from "wouter";
import { count } from "../amounts";
import type { Event } from "../api/types";
import { useEdges } from "../edges/queries";
import { EventBadge } from "../parts/badge";
import { RowMenu } from "../parts/menu";
import { useRowLink } from "../parts/table";
import { endBeside, weekdayDateTime } from "../time";
import { eventMark } from "./mark";
import { EventQuestion, useEventMenu } from "./menu";
import { Thumb } from "./poster";
import { sourceWord } from "./source";

export function EventRow({ event, now }: { event: Event; now: number }) {
  const rowLink = useRowLink();
  const edges = useEdges();
  const menu = useEventMenu(event);
  const href = `/admin/events/${event.id}`;
  const today = new Date(now);
  return (
    <tr {...rowLink(href)} className="c-row-link">
      <th scope="row" className="c-cell-title">
        <Thumb url={event.posterUrl} />
        <Link href={href}>{event.title}</Link>
      </th>
      <td data-label="Source">{sourceWord(event, edges.data)}</td>
      <td data-label="Starts" className="c-nowrap">
        {weekdayDateTime(event.startsAt, today)}
      </td>
      <td data-label="Ends">{endBeside(event.startsAt, event.endsAt, today)}</td>
      <td data-label="Access window" className="c-nowrap">
        {event.accessWindowHours} h
      </td>
      <td data-label="Status">
        <EventBadge mark={eventMark(event)} />
      </td>
      <td data-label="Tickets" className="c-number">
        {count(event.tokenCount)}
      </td>
      <td data-label="Watching" className={`c-number ${event.liveViewers > 0 ? "c-strong" : "c-faint"}`}>
        {count(event.liveViewers)}
      </td>
      <td className="c-cell-menu">
        <RowMenu label={`Actions for ${event.title}`} entries={menu.entries} />
        <EventQuestion event={event} asked={menu.asked} onClose={menu.close} />
      </td>
    </tr>
  );
}
