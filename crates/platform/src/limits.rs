//! The platform's rate limits: in process memory, forgotten at restart, bounded.

use std::net::IpAddr;
use std::time::Duration;

use streamgate_serving::client_ip::limit_key;
use streamgate_serving::rate_limit::SlidingWindow;

use crate::error::ApiError;
use crate::settings::RateLimits;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
/// Clients remembered by each limit: more than an attack from 100,000 addresses can fill usefully.
const CLIENTS_MAX: usize = 20_000;
/// Tickets remembered by the refresh limit: a large audience refreshes within the hour.
const TICKETS_MAX: usize = 100_000;

/// All limits of a platform process.
#[derive(Debug)]
pub struct Limiters {
    invalid_codes: SlidingWindow<IpAddr>,
    validations: SlidingWindow<IpAddr>,
    logins: SlidingWindow<IpAddr>,
    refreshes: SlidingWindow<String>,
}

impl Limiters {
    /// Creates the limits, with nothing counted yet.
    pub fn new(limits: &RateLimits) -> Self {
        Self {
            invalid_codes: SlidingWindow::new(limits.invalid_codes_per_minute, MINUTE, CLIENTS_MAX),
            validations: SlidingWindow::new(limits.validations_per_minute, MINUTE, CLIENTS_MAX),
            logins: SlidingWindow::new(limits.logins_per_minute, MINUTE, CLIENTS_MAX),
            refreshes: SlidingWindow::new(limits.refreshes_per_hour, HOUR, TICKETS_MAX),
        }
    }

    /// Counts a validation, whatever comes of it.
    pub fn count_validation(&self, client: IpAddr, now_ms: i64) -> Result<(), ApiError> {
        limited(self.validations.record(limit_key(client), now_ms))
    }

    /// Returns what to answer to an unknown code: that it is invalid, or that there were too many.
    ///
    /// A code that exists is answered whatever was counted here, so that five typos never lock a venue behind
    /// one address: guessing is stopped by 71 bits, not by this limit.
    pub fn invalid_code(&self, client: IpAddr, now_ms: i64) -> ApiError {
        limited(self.invalid_codes.record(limit_key(client), now_ms))
            .err()
            .unwrap_or(ApiError::InvalidCode)
    }

    /// Counts a sign-in attempt.
    pub fn count_login(&self, client: IpAddr, now_ms: i64) -> Result<(), ApiError> {
        limited(self.logins.record(limit_key(client), now_ms))
    }

    /// Counts a refresh of the ticket with this id.
    pub fn count_refresh(&self, ticket_id: &str, now_ms: i64) -> Result<(), ApiError> {
        limited(self.refreshes.record(ticket_id.to_owned(), now_ms))
    }
}

fn limited(recorded: Result<(), streamgate_serving::rate_limit::RetryAfter>) -> Result<(), ApiError> {
    recorded.map_err(|retry_after| ApiError::RateLimited {
        retry_after_seconds: retry_after.0,
    })
}
