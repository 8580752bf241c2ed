//! `GET /api/admin/audit-log`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Kind;
use super::filter::AuditQuery;
use super::queries::{self, AuditRow};
use crate::app::App;
use crate::auth::Admin;
use crate::error::ApiError;
use crate::extract::ApiQuery;
use crate::paging::List;

pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Who did what, when, from where. Never holds a code, a token or a password.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuditEntry {
    id: String,
    #[schema(value_type = String, format = DateTime)]
    at: UnixMillis,
    kind: Kind,
    /// Null when the platform did it by itself.
    #[schema(required)]
    client_ip: Option<String>,
    #[schema(required)]
    user_agent: Option<String>,
    #[schema(required)]
    event_id: Option<String>,
    /// Null when the entry is about no event, or about one that is deleted; `detail` of its deletion has its title.
    #[schema(required)]
    event_title: Option<String>,
    #[schema(required)]
    ticket_id: Option<String>,
    /// A reason, a number or a title.
    #[schema(required)]
    detail: Option<String>,
}

impl TryFrom<AuditRow> for AuditEntry {
    type Error = sqlx::Error;

    fn try_from(row: AuditRow) -> Result<Self, sqlx::Error> {
        let kind = Kind::parse(&row.kind)
            .ok_or_else(|| sqlx::Error::Decode("unknown kind of an audit entry".into()))?;
        Ok(Self {
            id: row.id,
            at: UnixMillis(row.at),
            kind,
            client_ip: row.client_ip,
            user_agent: row.user_agent,
            event_id: row.event_id,
            event_title: row.event_title,
            ticket_id: row.ticket_id,
            detail: row.detail,
        })
    }
}

/// Lists the audit log, newest first.
#[utoipa::path(
    get, path = "/api/admin/audit-log", operation_id = "list_audit_log", tag = "admin", params(AuditQuery),
    responses((status = 200, body = List<AuditEntry>), (status = 400), (status = 401))
)]
async fn list(
    State(app): State<Arc<App>>,
    _: Admin,
    ApiQuery(query): ApiQuery<AuditQuery>,
) -> Result<Json<List<AuditEntry>>, ApiError> {
    let (filter, page) = query.parse()?;
    let mut tx = app.db.snapshot().await?;
    let (rows, total) = queries::page(&mut tx, &filter, page).await?;
    let data = rows.into_iter().map(AuditEntry::try_from);
    Ok(Json(List {
        data: data.collect::<Result<_, sqlx::Error>>()?,
        pagination: page.of(total),
    }))
}
