//! Deleting an event, which the organiser confirms by its title.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use percent_encoding::percent_decode;
use streamgate_contract::feed::FeedChange;
use streamgate_contract::ids::EventId;

use crate::app::App;
use crate::audit::{self, Entry, Kind};
use crate::auth::Admin;
use crate::error::ApiError;
use crate::events::queries;
use crate::extract::ApiPath;
use crate::feed;
use crate::tickets::{counted, counts};

const CONFIRM_HEADER: &str = "x-confirm-delete";
const FEED_SEQ_HEADER: HeaderName = HeaderName::from_static("x-feed-seq");

/// Deletes an event with its tickets and their sessions; nobody watches it any more.
///
/// `X-Confirm-Delete` must be the exact title as percent-encoded UTF-8, because headers carry no other
/// alphabets: the typed title is the acknowledgement that the data is lost.
#[utoipa::path(
    delete, path = "/api/admin/events/{id}", operation_id = "delete_event", tag = "admin",
    params(("id" = String, Path), ("X-Confirm-Delete" = String, Header, description = "the exact title, percent-encoded")),
    responses(
        (status = 204, description = "deleted", headers(("X-Feed-Seq" = u64))),
        (status = 400, description = "`delete_not_confirmed`; names the number of tickets"),
        (status = 401),
        (status = 404)
    )
)]
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    admin: Admin,
    ApiPath(id): ApiPath<EventId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let mut tx = app.db.write().await?;
    let event = queries::lock_with_tickets(&mut tx, &id)
        .await?
        .ok_or(ApiError::NotFound)?;
    let now = tx.now().await?;
    let tickets = counts::queries::breakdown(&mut tx, Some(&id), now).await?.total();
    if confirmed_title(&headers).as_deref() != Some(&event.plan.title) {
        return Err(ApiError::DeleteNotConfirmed { tickets });
    }
    queries::delete(&mut tx, &id).await?;
    let detail = format!("{} ({})", event.plan.title, counted(tickets));
    let entry = Entry::new(Kind::EventDeleted, &admin.client)
        .event(id.as_str())
        .detail(&detail);
    audit::record(&app, &mut tx, now, &entry).await?;
    let changes = [
        FeedChange::EventOff {
            event_id: id.clone(),
            at: now,
        },
        FeedChange::Purge { event_id: id.clone() },
    ];
    let feed_seq = feed::queries::append(&mut tx, now, &changes).await?;
    tx.commit().await?;
    app.feed.wake();
    Ok((
        StatusCode::NO_CONTENT,
        [(FEED_SEQ_HEADER, HeaderValue::from(feed_seq))],
    )
        .into_response())
}

fn confirmed_title(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONFIRM_HEADER)?;
    percent_decode(value.as_bytes())
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::confirmed_title;

    #[test]
    fn a_confirmation_is_percent_encoded_utf_8() {
        let read = |value: &'static [u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(super::CONFIRM_HEADER, HeaderValue::from_bytes(value).unwrap());
            confirmed_title(&headers)
        };
        assert_eq!(
            read(b"F%C3%AAte%20%E2%98%85 50%25").as_deref(),
            Some("Fête ★ 50%")
        );
        assert_eq!(read("Fête".as_bytes()).as_deref(), Some("Fête"));
        assert_eq!(read(b"F%EAte"), None);
        assert_eq!(confirmed_title(&HeaderMap::new()), None);
    }
}
