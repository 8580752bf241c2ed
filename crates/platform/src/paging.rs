//! Lists of the admin API: pages, their limits, and what is searched for.

use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;

/// Longest search text: no title, label or code is longer, so a longer one finds nothing.
const SEARCH_CHARS_MAX: usize = 200;

/// Which rows of a list are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    number: u32,
    size: u32,
}

impl Page {
    /// Reads `page` (from 1, default 1) and `limit` (1 to `size_max`); anything else is 400.
    pub fn parse(number: Option<u32>, size: Option<u32>, sizes: PageSizes) -> Result<Self, ApiError> {
        let (number, size) = (number.unwrap_or(1), size.unwrap_or(sizes.default));
        if number == 0 {
            return Err(ApiError::InvalidRequest("page starts at 1.".to_owned()));
        }
        if size == 0 || size > sizes.max {
            return Err(ApiError::InvalidRequest(format!(
                "limit must be from 1 to {}.",
                sizes.max
            )));
        }
        Ok(Self { number, size })
    }

    /// Returns how many rows a page has at most.
    pub fn limit(self) -> i64 {
        i64::from(self.size)
    }

    /// Returns how many rows come before it.
    pub fn offset(self) -> i64 {
        i64::from(self.number - 1) * i64::from(self.size)
    }

    /// Describes this page of a list of `total` rows.
    pub fn of(self, total: i64) -> Pagination {
        let total = u64::try_from(total).unwrap_or(0);
        Pagination {
            page: self.number,
            limit: self.size,
            total,
            total_pages: total.div_ceil(u64::from(self.size)),
        }
    }
}

/// Rows per page of one list.
#[derive(Clone, Copy, Debug)]
pub struct PageSizes {
    /// When `limit` is not given.
    pub default: u32,
    /// The largest `limit`.
    pub max: u32,
}

/// Where a page stands in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// Number of this page, from 1.
    pub page: u32,
    /// Rows per page.
    pub limit: u32,
    /// Rows on all pages.
    pub total: u64,
    /// Number of pages; 0 for an empty list.
    pub total_pages: u64,
}

/// An answer's `data`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Data<T> {
    /// What was asked for.
    pub data: T,
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// The rows of this page.
    pub data: Vec<T>,
    /// Where it stands.
    pub pagination: Pagination,
}

/// Returns the `LIKE ... ESCAPE '\'` pattern for texts that contain `search`, of which ASCII case is ignored.
///
/// Compare it with `db::ascii_lower` of a column. An empty search is none.
pub fn search_pattern(search: Option<&str>) -> Result<Option<String>, ApiError> {
    let Some(search) = search.map(str::trim).filter(|search| !search.is_empty()) else {
        return Ok(None);
    };
    // PostgreSQL cannot even be asked for a text with NUL, and no stored text has control characters.
    if search.chars().count() > SEARCH_CHARS_MAX || search.chars().any(char::is_control) {
        return Err(ApiError::InvalidRequest(format!(
            "search must be at most {SEARCH_CHARS_MAX} characters without control characters."
        )));
    }
    let mut pattern = String::from("%");
    for character in search.to_ascii_lowercase().chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    Ok(Some(pattern))
}

#[cfg(test)]
mod tests {
    use super::{Page, PageSizes, Pagination, search_pattern};

    const SIZES: PageSizes = PageSizes {
        default: 20,
        max: 100,
    };

    #[test]
    fn a_page_is_refused_below_one_and_beyond_the_largest_size() {
        assert!(Page::parse(Some(0), None, SIZES).is_err());
        assert!(Page::parse(None, Some(0), SIZES).is_err());
        assert!(Page::parse(None, Some(101), SIZES).is_err());
        assert_eq!(Page::parse(None, Some(100), SIZES).unwrap().limit(), 100);
        assert_eq!(Page::parse(None, None, SIZES).unwrap().limit(), 20);
    }

    #[test]
    fn the_last_page_number_does_not_overflow_the_offset() {
        let page = Page::parse(Some(u32::MAX), Some(100), SIZES).unwrap();
        assert_eq!(page.offset(), 429_496_729_400);
    }

    #[test]
    fn pages_are_counted_up_and_an_empty_list_has_none() {
        let page = Page::parse(Some(2), None, SIZES).unwrap();
        assert_eq!(
            page.of(41),
            Pagination {
                page: 2,
                limit: 20,
                total: 41,
                total_pages: 3
            }
        );
        assert_eq!(page.of(40).total_pages, 2);
        assert_eq!(page.of(0).total_pages, 0);
    }

    // I-09
    #[test]
    fn wildcards_are_searched_for_literally_and_ascii_case_is_folded() {
        assert_eq!(
            search_pattern(Some("50%_Ä\\B")).unwrap().as_deref(),
            Some("%50\\%\\_Ä\\\\b%")
        );
        assert_eq!(search_pattern(Some("  ")).unwrap(), None);
        assert_eq!(search_pattern(None).unwrap(), None);
        assert!(search_pattern(Some("a\0b")).is_err());
        assert!(search_pattern(Some(&"x".repeat(201))).is_err());
    }
}
