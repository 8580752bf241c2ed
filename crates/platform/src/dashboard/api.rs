//! `GET /api/admin/dashboard`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::queries::{self, UpcomingRow};
use super::{DashboardQuery, ViewersPoint};
use crate::app::App;
use crate::auth::Admin;
use crate::error::ApiError;
use crate::extract::ApiQuery;
use crate::paging::Data;
use crate::tickets::counts;
use crate::tickets::counts::TokenBreakdown;

/// Returns this part's endpoint.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(dashboard))
}

/// The figures of all events.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Dashboard {
    /// Events that are switched on and not archived.
    active_events: i64,
    /// Tickets of all events, of any status.
    total_tokens: i64,
    token_breakdown: TokenBreakdown,
    /// The next ten events that are switched on and not archived, the soonest first.
    upcoming_events: Vec<UpcomingEvent>,
    /// Sessions that are live now.
    live_viewers: i64,
    /// The last 24 hours in steps of five minutes, or seven days in steps of half an hour, oldest first. A step in which
    /// the platform did not run is missing: nobody counted.
    viewers_over_time: Vec<ViewersPoint>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UpcomingEvent {
    id: String,
    title: String,
    #[schema(value_type = String, format = DateTime)]
    starts_at: UnixMillis,
    token_count: i64,
}

impl From<UpcomingRow> for UpcomingEvent {
    fn from(row: UpcomingRow) -> Self {
        Self {
            id: row.id,
            title: row.title,
            starts_at: UnixMillis(row.starts_at),
            token_count: row.tickets,
        }
    }
}

/// Returns what the console's first page shows.
#[utoipa::path(
    get, path = "/api/admin/dashboard", operation_id = "get_dashboard", tag = "admin", params(DashboardQuery),
    responses((status = 200, body = Data<Dashboard>), (status = 400), (status = 401))
)]
async fn dashboard(
    State(app): State<Arc<App>>,
    _: Admin,
    ApiQuery(query): ApiQuery<DashboardQuery>,
) -> Result<Json<Data<Dashboard>>, ApiError> {
    let range = query.range.unwrap_or_default();
    let mut tx = app.db.snapshot().await?;
    let now = tx.now().await?;
    let token_breakdown = counts::queries::breakdown(&mut tx, None, now).await?;
    let upcoming = queries::upcoming_events(&mut tx, now).await?;
    let data = Dashboard {
        active_events: queries::active_events(&mut tx).await?,
        total_tokens: token_breakdown.total(),
        token_breakdown,
        upcoming_events: upcoming.into_iter().map(UpcomingEvent::from).collect(),
        live_viewers: queries::live_viewers(&mut tx, app.live_since(now)).await?,
        viewers_over_time: queries::viewers_over_time(&mut tx, None, range, now).await?,
    };
    Ok(Json(Data { data }))
}
