//! `GET /api/internal/feed`: pushed as server-sent events, or asked for as JSON with a long poll.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use http::header::ACCEPT;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use streamgate_contract::feed::{ChainHash, Epoch, FeedCursor, FeedPage, LONG_POLL_SECS_MAX};
use tokio::time::{Instant, timeout_at};

use crate::app::App;
use crate::auth::InternalKey;
use crate::error::ApiError;
use crate::extract::ApiQuery;
use crate::feed::read::{Read, json, parse, read};
use crate::feed::subscribe::{Item, items};

/// Where the edge is. Without all three it gets a snapshot.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FeedQuery {
    /// The last record that the edge has applied.
    after: Option<u64>,
    /// The hash of the history up to it.
    h: Option<String>,
    /// The database that it came from.
    epoch: Option<String>,
    /// JSON only: seconds to wait for a record, at most 25.
    wait: Option<u64>,
}

impl FeedQuery {
    /// Returns the cursor. A text that cannot be a hash or an epoch is none of ours, so it is no cursor.
    fn cursor(&self) -> Option<FeedCursor> {
        Some(FeedCursor {
            after: self.after?,
            h: ChainHash::parse(self.h.as_deref()?).ok()?,
            epoch: Epoch::parse(self.epoch.as_deref()?).ok()?,
        })
    }
}

/// Tells an edge what it must refuse: what follows its cursor, and then each record when it is committed.
#[utoipa::path(
    get, path = "/api/internal/feed", tag = "internal",
    params(
        FeedQuery,
        ("X-Internal-Api-Key" = String, Header, description = "INTERNAL_API_KEY"),
        ("Accept" = Option<String>, Header, description = "application/json for one page instead of a stream"),
    ),
    responses(
        (status = 200, description = "record, snapshot and head events; or a FeedPage of the contract",
            content((String = "text/event-stream"), (Object = "application/json"))),
        (status = 400, description = "invalid_request", body = Object),
        (status = 401, description = "unauthorized", body = Object),
    )
)]
pub(super) async fn feed(
    _key: InternalKey,
    State(app): State<Arc<App>>,
    ApiQuery(query): ApiQuery<FeedQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let cursor = query.cursor();
    if wants_json(&headers) {
        let wait = Duration::from_secs(query.wait.unwrap_or(0).min(LONG_POLL_SECS_MAX));
        return Ok(Json(page(&app, cursor, wait).await?).into_response());
    }
    let events = items(app, cursor).map(|item| Ok::<_, Infallible>(sse(&item)));
    let mut response = Sse::new(events).into_response();
    let headers = response.headers_mut();
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    Ok(response)
}

fn wants_json(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().any(|value| {
        value
            .to_str()
            .is_ok_and(|text| text.to_ascii_lowercase().contains("application/json"))
    })
}

fn sse(item: &Item) -> Event {
    let written = match item {
        Item::Record(record) => return Event::default().event("record").data(json(record)),
        Item::Snapshot(snapshot) => Event::default().event("snapshot").json_data(snapshot),
        Item::Head(head) => Event::default().event("head").json_data(head),
    };
    // Neither can fail to be written; a comment would only tell the edge that we are here.
    written.unwrap_or_else(|_| Event::default().comment("unwritable"))
}

/// Reads one page; without a record waits up to `wait` for one.
async fn page(app: &App, cursor: Option<FeedCursor>, wait: Duration) -> Result<FeedPage, ApiError> {
    let deadline = Instant::now() + wait;
    let mut wakes = app.feed.listen();
    loop {
        wakes.mark_unchanged();
        let (records, head) = match read(app, cursor.as_ref()).await? {
            Read::Snapshot(snapshot) => return Ok(FeedPage::Snapshot { snapshot }),
            Read::Records { records, head } => (records, head),
        };
        if records.is_empty() && !app.feed.closing().is_cancelled() {
            let woken = tokio::select! {
                () = app.feed.closing().cancelled() => false,
                woken = timeout_at(deadline, wakes.changed()) => matches!(woken, Ok(Ok(()))),
            };
            if woken {
                continue;
            }
        }
        let records = records.iter().map(parse).collect::<Result<Vec<_>, _>>();
        let records = records.map_err(|_| ApiError::Internal("a stored feed record is malformed"))?;
        // Of a page that does not reach the head, its last record is the position.
        let (seq, h) = records
            .last()
            .map_or((head.seq, head.h), |last| (last.seq, last.h.clone()));
        return Ok(FeedPage::Records {
            epoch: head.epoch,
            seq,
            h,
            now: head.now,
            records,
        });
    }
}
