//! Which entries of the audit log are asked for.

use serde::Deserialize;
use utoipa::IntoParams;

use super::Kind;
use crate::error::ApiError;
use crate::paging::{Page, PageSizes};

const PAGE_SIZES: PageSizes = PageSizes {
    default: 50,
    max: 200,
};

/// Query parameters of the audit log.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Only entries of this kind.
    #[param(inline)]
    kind: Option<Kind>,
    /// Only entries about this event; an unknown event has none.
    event_id: Option<String>,
    /// From 1, default 1.
    #[param(minimum = 1, maximum = 4_294_967_295_u64, value_type = Option<i64>)]
    page: Option<u32>,
    /// 1 to 200, default 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Which entries are asked for, validated.
#[derive(Clone, Debug)]
pub(super) struct AuditFilter {
    pub(super) kind: Option<Kind>,
    pub(super) event_id: Option<String>,
}

impl AuditQuery {
    /// Validates the parameters.
    pub(super) fn parse(self) -> Result<(AuditFilter, Page), ApiError> {
        let page = Page::parse(self.page, self.limit, PAGE_SIZES)?;
        // PostgreSQL cannot even be asked for a text with NUL, which no event's id has.
        let event_id = self.event_id.map(|id| id.replace('\0', " "));
        let filter = AuditFilter {
            kind: self.kind,
            event_id,
        };
        Ok((filter, page))
    }
}
