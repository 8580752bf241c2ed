//! An event's tickets as a file.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use streamgate_contract::ids::EventId;
use streamgate_contract::time::UnixMillis;

use crate::app::App;
use crate::audit::{self, Entry, Kind};
use crate::auth::Admin;
use crate::error::ApiError;
use crate::events;
use crate::extract::ApiPath;
use crate::tickets::queries::TitledTicket;
use crate::tickets::{csv, queries};

/// Tickets that are read at a time: an export of any size takes no more memory than this many lines.
const TICKETS_PER_READ: i64 = 1_000;

/// Exports an event's tickets as CSV, oldest first, with the columns Code, Event Title, Expires At, Label, Status.
#[utoipa::path(
    get, path = "/api/admin/events/{id}/tokens/export", operation_id = "export_tickets", tag = "admin",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "RFC 4180, streamed", body = String, content_type = "text/csv; charset=utf-8",
         headers(("Content-Disposition" = String))),
        (status = 401),
        (status = 404)
    )
)]
pub(super) async fn export(
    State(app): State<Arc<App>>,
    admin: Admin,
    ApiPath(id): ApiPath<EventId>,
) -> Result<Response, ApiError> {
    let mut tx = app.db.write().await?;
    let event = events::queries::by_id(&mut tx, &id)
        .await?
        .ok_or(ApiError::NotFound)?;
    let now = tx.now().await?;
    let entry = Entry::new(Kind::TicketsExported, &admin.client).event(id.as_str());
    audit::record(&app, &mut tx, now, &entry).await?;
    tx.commit().await?;
    let disposition = HeaderValue::from_str(&csv::content_disposition(&event.plan.title))
        .map_err(|_| ApiError::Internal("a file name is no header"))?;
    // Read before the answer begins, so that a database that is away is told as 503 and not as a broken file.
    let first = read_page(&app, &id, None).await?;
    let reading = Reading {
        app,
        event_id: id,
        now,
        next: Some(first),
        head: csv::HEADER,
    };
    let lines = stream::try_unfold(reading, |mut reading| async move {
        let Some(page) = reading.next.take() else {
            return Ok::<_, ApiError>(None);
        };
        let mut text = String::from(std::mem::take(&mut reading.head));
        for ticket in &page {
            csv::push_line(&mut text, ticket, reading.now);
        }
        if let Some(last) = page.last().filter(|_| is_full(&page)) {
            let after = (last.ticket.created_at, last.ticket.id.as_str());
            reading.next = Some(read_page(&reading.app, &reading.event_id, Some(after)).await?);
        }
        Ok(Some((text, reading)))
    });
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}

/// How far an export is.
struct Reading {
    app: Arc<App>,
    event_id: EventId,
    now: UnixMillis,
    next: Option<Vec<TitledTicket>>,
    head: &'static str,
}

fn is_full(page: &[TitledTicket]) -> bool {
    i64::try_from(page.len()) == Ok(TICKETS_PER_READ)
}

/// Reads the next tickets. Each page is a read of its own: a client that reads slowly holds no connection.
async fn read_page(
    app: &App,
    event_id: &EventId,
    after: Option<(UnixMillis, &str)>,
) -> Result<Vec<TitledTicket>, ApiError> {
    let mut tx = app.db.read().await?;
    Ok(queries::of_event_after(&mut tx, event_id, after, TICKETS_PER_READ).await?)
}
