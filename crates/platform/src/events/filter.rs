//! Which events a list shows, and in which order.

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::paging::{Page, PageSizes, search_pattern};

const PAGE_SIZES: PageSizes = PageSizes {
    default: 20,
    max: 100,
};

/// Which part of the events a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EventShelf {
    /// Switched on and not archived.
    #[default]
    Active,
    /// Switched off and not archived.
    Inactive,
    /// Archived, switched on or off.
    Archived,
}

/// Events by their schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Timeframe {
    /// Not over yet: also those that are on now.
    Upcoming,
    /// Over.
    Past,
}

/// What a list of events is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum EventSort {
    /// Announced start.
    #[default]
    StartDate,
    /// Title, without regard to ASCII case.
    Title,
    /// Number of tickets.
    TokenCount,
}

/// The direction of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SortOrder {
    /// Smallest, oldest or first in the alphabet first.
    Asc,
    /// The other way round.
    Desc,
}

/// Query parameters of the list of events.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventListQuery {
    /// Default `active`.
    #[param(inline)]
    status: Option<EventShelf>,
    /// Default both.
    #[param(inline)]
    timeframe: Option<Timeframe>,
    /// Part of the title, without control characters.
    #[param(max_length = 200, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    search: Option<String>,
    /// Default `startDate`.
    #[param(inline)]
    sort: Option<EventSort>,
    /// Default `asc` for `title`, else `desc`.
    #[param(inline)]
    order: Option<SortOrder>,
    /// From 1, default 1.
    #[param(minimum = 1, maximum = 4_294_967_295_u64, value_type = Option<i64>)]
    page: Option<u32>,
    /// 1 to 100, default 20.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// What a list of events is asked for, validated.
#[derive(Clone, Debug)]
pub struct EventFilter {
    pub(super) status: EventShelf,
    pub(super) timeframe: Option<Timeframe>,
    pub(super) search: Option<String>,
    pub(super) sort: EventSort,
    pub(super) order: SortOrder,
    pub(super) page: Page,
}

impl TryFrom<EventListQuery> for EventFilter {
    type Error = ApiError;

    fn try_from(query: EventListQuery) -> Result<Self, ApiError> {
        let sort = query.sort.unwrap_or_default();
        let natural = if sort == EventSort::Title {
            SortOrder::Asc
        } else {
            SortOrder::Desc
        };
        Ok(Self {
            status: query.status.unwrap_or_default(),
            timeframe: query.timeframe,
            search: search_pattern(query.search.as_deref())?,
            sort,
            order: query.order.unwrap_or(natural),
            page: Page::parse(query.page, query.limit, PAGE_SIZES)?,
        })
    }
}

const VIEWERS_PAGE_SIZES: PageSizes = PageSizes {
    default: 50,
    max: 200,
};

/// Query parameters of the list of an event's viewers.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ViewersQuery {
    /// Part of the ticket's code or label, without control characters.
    #[param(max_length = 200)]
    search: Option<String>,
    /// From 1, default 1.
    #[param(minimum = 1, maximum = 4_294_967_295_u64, value_type = Option<i64>)]
    page: Option<u32>,
    /// 1 to 200, default 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

impl ViewersQuery {
    /// Validates the parameters; returns the pattern of the searched tickets, and the page.
    pub fn parse(&self) -> Result<(Option<String>, Page), ApiError> {
        let search = search_pattern(self.search.as_deref())?;
        Ok((search, Page::parse(self.page, self.limit, VIEWERS_PAGE_SIZES)?))
    }
}
