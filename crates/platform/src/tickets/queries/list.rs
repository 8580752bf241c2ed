//! SQL of lists of tickets. A list walks along an index in its own order, from the nearer end, and fetches only the
//! rows of its page; how many there are in all comes from the counts, unless something is searched for.

use sqlx::AssertSqlSafe;
use streamgate_contract::time::UnixMillis;

use super::{COLUMNS, TicketRow, TitledTicket};
use crate::db::{Tx, fetch_all, fetch_one};
use crate::paging::Page;
use crate::tickets::TicketStatus;
use crate::tickets::counts;
use crate::tickets::filter::{EventChoice, TicketFilter};

/// An event with at most so many tickets is searched through the index of its own tickets, whose rows hold the text; in a
/// larger one through an index that has the text, of all tickets or of those of a state.
const SMALL_EVENT_TICKETS: i64 = 20_000;

/// Which index a list walks along.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// The event's tickets in the order of lists, with what tells their status.
    Event,
    /// The tickets of a state in the order of lists, with what a search looks into.
    State,
    /// All tickets in the order of lists, with what a search looks into.
    Creation,
}

impl Way {
    fn of(filter: &TicketFilter, tickets_in_reach: i64) -> Self {
        let one_event = matches!(filter.event, EventChoice::One(_));
        let searched = filter.search.is_some();
        if one_event && (!searched || tickets_in_reach <= SMALL_EVENT_TICKETS) {
            Self::Event
        } else if filter.status.is_some() {
            Self::State
        } else {
            Self::Creation
        }
    }

    /// Tells SQLite, which keeps no statistics, what PostgreSQL finds out by itself.
    const fn hint(self, tx: &Tx) -> &'static str {
        if tx.is_postgres() {
            return "";
        }
        match self {
            Self::Event => "INDEXED BY tickets_by_event",
            Self::State => "INDEXED BY tickets_by_state",
            Self::Creation => "INDEXED BY tickets_by_creation",
        }
    }
}

/// From which end of a list its rows are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Newest,
    Oldest,
}

/// Returns some of the tickets that `filter` asks for, newest first, and how many there are in all.
pub(in crate::tickets) async fn page(
    tx: &mut Tx,
    filter: &TicketFilter,
    page: Page,
    now: UnixMillis,
) -> Result<(Vec<TitledTicket>, i64), sqlx::Error> {
    let event = match &filter.event {
        EventChoice::Any => None,
        EventChoice::One(id) => Some(id),
        EventChoice::Impossible => return Ok((Vec::new(), 0)),
    };
    let counted = counts::queries::breakdown(tx, event, now).await?;
    let way = Way::of(filter, counted.total());
    if filter.search.is_some() {
        let rows = rows(tx, filter, now, way, End::Newest, (page.limit(), page.offset())).await?;
        let on_page = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let is_last = on_page < page.limit() && (on_page > 0 || page.offset() == 0);
        let total = if is_last {
            page.offset() + on_page
        } else {
            count(tx, filter, now, way).await?
        };
        return Ok((rows, total));
    }
    let total = match filter.status {
        None => counted.total(),
        Some(TicketStatus::Unused) => counted.unused,
        Some(TicketStatus::Redeemed) => counted.redeemed,
        Some(TicketStatus::Expired) => counted.expired,
        Some(TicketStatus::Revoked) => counted.revoked,
    };
    if total == 0 {
        return Ok((Vec::new(), 0));
    }
    let after = total - page.offset() - page.limit();
    if after >= page.offset() || total <= page.offset() {
        let rows = rows(tx, filter, now, way, End::Newest, (page.limit(), page.offset())).await?;
        return Ok((rows, total));
    }
    // Nearer to the oldest: the same rows from the other end.
    let span = (page.limit() + after.min(0), after.max(0));
    let mut rows = rows(tx, filter, now, way, End::Oldest, span).await?;
    rows.reverse();
    Ok((rows, total))
}

/// Returns the query of the ids that `filter` asks for, for a change that reaches them all; parameters as in
/// [`condition`].
pub(super) async fn matching(
    tx: &mut Tx,
    filter: &TicketFilter,
    now: UnixMillis,
) -> Result<String, sqlx::Error> {
    let event = match &filter.event {
        EventChoice::One(id) => Some(id),
        EventChoice::Any | EventChoice::Impossible => None,
    };
    let counted = counts::queries::breakdown(tx, event, now).await?;
    Ok(places(tx, filter, Way::of(filter, counted.total())))
}

/// Returns the rows of `(limit, offset)` counted from one end of the list, in the order from that end.
async fn rows(
    tx: &mut Tx,
    filter: &TicketFilter,
    now: UnixMillis,
    way: Way,
    from: End,
    (limit, offset): (i64, i64),
) -> Result<Vec<TitledTicket>, sqlx::Error> {
    let order = match from {
        End::Newest => "DESC",
        End::Oldest => "ASC",
    };
    let places = places(tx, filter, way);
    let rows = fetch_all!(
        tx,
        TicketRow,
        // CROSS JOIN: SQLite keeps the order in which the tables are named, the page's places first.
        AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM ({places} ORDER BY created_at {order}, id {order} LIMIT $4 OFFSET $5) AS place \
             CROSS JOIN tickets t CROSS JOIN events e WHERE t.id = place.id AND e.id = t.event_id \
             ORDER BY t.created_at {order}, t.id {order}"
        )),
        now.0,
        event_id(filter),
        filter.search.as_deref(),
        limit,
        offset
    )?;
    rows.into_iter().map(TitledTicket::try_from).collect()
}

async fn count(tx: &mut Tx, filter: &TicketFilter, now: UnixMillis, way: Way) -> Result<i64, sqlx::Error> {
    let places = places(tx, filter, way);
    let (total,): (i64,) = fetch_one!(
        tx,
        (i64,),
        AssertSqlSafe(format!("SELECT COUNT(*) FROM ({places}) AS place")),
        now.0,
        event_id(filter),
        filter.search.as_deref()
    )?;
    Ok(total)
}

/// Returns the query of the ids that a filter asks for, with the time that orders them; parameters as in
/// [`condition`].
fn places(tx: &Tx, filter: &TicketFilter, way: Way) -> String {
    let hint = way.hint(tx);
    let select = |condition: &str| {
        format!("SELECT t.id AS id, t.created_at AS created_at FROM tickets t {hint} WHERE {condition}")
    };
    let (event, search) = (event_condition(filter), search_condition(filter));
    match filter.status.filter(|_| way == Way::State) {
        // Two walks that the database merges, because their order is the same.
        Some(TicketStatus::Expired) => [0, 1]
            .map(|state| {
                select(&format!(
                    "t.state = {state} AND t.expires_at <= $1 AND {event} AND {search}"
                ))
            })
            .join(" UNION ALL "),
        Some(TicketStatus::Revoked) => select(&format!("t.state = 2 AND $1 = $1 AND {event} AND {search}")),
        Some(TicketStatus::Redeemed) => select(&format!(
            "t.state = 1 AND t.expires_at > $1 AND {event} AND {search}"
        )),
        Some(TicketStatus::Unused) => select(&format!(
            "t.state = 0 AND t.expires_at > $1 AND {event} AND {search}"
        )),
        None => select(&condition(filter)),
    }
}

/// Returns the WHERE condition of a filter; `$1` is now, `$2` the event's id, `$3` the search pattern.
fn condition(filter: &TicketFilter) -> String {
    let status = match filter.status {
        None => "$1 = $1",
        Some(TicketStatus::Revoked) => "t.state = 2 AND $1 = $1",
        Some(TicketStatus::Expired) => "t.state <> 2 AND t.expires_at <= $1",
        Some(TicketStatus::Redeemed) => "t.state = 1 AND t.expires_at > $1",
        Some(TicketStatus::Unused) => "t.state = 0 AND t.expires_at > $1",
    };
    format!(
        "{} AND {} AND {status}",
        event_condition(filter),
        search_condition(filter)
    )
}

fn event_condition(filter: &TicketFilter) -> &'static str {
    match filter.event {
        EventChoice::Any => "$2 IS NULL",
        EventChoice::One(_) | EventChoice::Impossible => "t.event_id = $2",
    }
}

const fn search_condition(filter: &TicketFilter) -> &'static str {
    match filter.search {
        None => "$3 IS NULL",
        Some(_) => "t.search_text LIKE $3 ESCAPE '\\'",
    }
}

/// Returns the id that `$2` of [`condition`] is bound to; no event has the empty id.
pub(super) fn event_id(filter: &TicketFilter) -> Option<&str> {
    match &filter.event {
        EventChoice::Any => None,
        EventChoice::One(id) => Some(id.as_str()),
        EventChoice::Impossible => Some(""),
    }
}

#[cfg(test)]
mod tests {
    use streamgate_contract::ids::EventId;

    use super::{SMALL_EVENT_TICKETS, Way};
    use crate::tickets::TicketStatus;
    use crate::tickets::filter::{EventChoice, TicketFilter};

    #[test]
    fn each_list_has_a_way_that_never_reads_the_rows_of_a_large_table() {
        let one = || EventChoice::One(EventId::parse("e").unwrap());
        let unused = Some(TicketStatus::Unused);
        let search = Some("%a%".to_owned());
        for (event, status, search, tickets, way) in [
            (EventChoice::Any, None, None, 1_000_000, Way::Creation),
            (EventChoice::Any, unused, None, 1_000_000, Way::State),
            (EventChoice::Any, unused, search.clone(), 1_000_000, Way::State),
            (one(), unused, search.clone(), SMALL_EVENT_TICKETS, Way::Event),
            (one(), None, None, 1_000_000, Way::Event),
            (one(), unused, None, 1_000_000, Way::Event),
            (one(), None, search.clone(), SMALL_EVENT_TICKETS, Way::Event),
            (
                one(),
                None,
                search.clone(),
                SMALL_EVENT_TICKETS + 1,
                Way::Creation,
            ),
            (one(), unused, search, SMALL_EVENT_TICKETS + 1, Way::State),
        ] {
            let filter = TicketFilter {
                event,
                status,
                search,
            };
            assert_eq!(Way::of(&filter, tickets), way, "{filter:?}");
        }
    }
}
