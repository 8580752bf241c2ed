//! Which tickets a list shows or a bulk action reaches.

use serde::Deserialize;
use streamgate_contract::ids::EventId;
use utoipa::{IntoParams, ToSchema};

use super::TicketStatus;
use crate::error::ApiError;
use crate::paging::{Page, PageSizes, search_pattern};

const PAGE_SIZES: PageSizes = PageSizes {
    default: 50,
    max: 200,
};

/// Query parameters of the list of all tickets.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct TicketListQuery {
    /// Only tickets of this event; an unknown event has none.
    event_id: Option<String>,
    /// Only tickets of this status.
    #[param(inline)]
    status: Option<TicketStatus>,
    /// Part of the code or the label, without control characters.
    #[param(max_length = 200, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    search: Option<String>,
    /// From 1, default 1.
    #[param(minimum = 1, maximum = 4_294_967_295_u64, value_type = Option<i64>)]
    page: Option<u32>,
    /// 1 to 200, default 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Query parameters of the list of an event's tickets.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventTicketListQuery {
    /// Only tickets of this status.
    #[param(inline)]
    status: Option<TicketStatus>,
    /// Part of the code or the label, without control characters.
    #[param(max_length = 200, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    search: Option<String>,
    /// From 1, default 1.
    #[param(minimum = 1, maximum = 4_294_967_295_u64, value_type = Option<i64>)]
    page: Option<u32>,
    /// 1 to 200, default 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Which tickets a bulk action reaches, as it came; without members all of them.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TicketFilterForm {
    /// Only tickets of this event.
    event_id: Option<String>,
    /// Only tickets of this status.
    status: Option<TicketStatus>,
    /// Part of the code or the label, without control characters.
    #[schema(max_length = 200, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    search: Option<String>,
}

/// Which tickets are asked for, validated.
#[derive(Clone, Debug)]
pub struct TicketFilter {
    pub(super) event: EventChoice,
    pub(super) status: Option<TicketStatus>,
    pub(super) search: Option<String>,
}

/// Of which event tickets are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EventChoice {
    Any,
    One(EventId),
    /// An id that no event can have.
    Impossible,
}

impl EventChoice {
    fn parse(id: Option<&str>) -> Self {
        match id.map(EventId::parse) {
            None => Self::Any,
            Some(Ok(id)) => Self::One(id),
            Some(Err(_)) => Self::Impossible,
        }
    }
}

impl TicketListQuery {
    /// Validates the parameters.
    pub fn parse(&self) -> Result<(TicketFilter, Page), ApiError> {
        let filter = TicketFilter {
            event: EventChoice::parse(self.event_id.as_deref()),
            status: self.status,
            search: search_pattern(self.search.as_deref())?,
        };
        Ok((filter, Page::parse(self.page, self.limit, PAGE_SIZES)?))
    }
}

impl EventTicketListQuery {
    /// Validates the parameters.
    pub fn parse(&self, event: EventId) -> Result<(TicketFilter, Page), ApiError> {
        let filter = TicketFilter {
            event: EventChoice::One(event),
            status: self.status,
            search: search_pattern(self.search.as_deref())?,
        };
        Ok((filter, Page::parse(self.page, self.limit, PAGE_SIZES)?))
    }
}

impl TryFrom<TicketFilterForm> for TicketFilter {
    type Error = ApiError;

    fn try_from(form: TicketFilterForm) -> Result<Self, ApiError> {
        Ok(Self {
            event: EventChoice::parse(form.event_id.as_deref()),
            status: form.status,
            search: search_pattern(form.search.as_deref())?,
        })
    }
}
