//! How many tickets have each status.

pub(crate) mod queries;

use serde::Serialize;
use utoipa::ToSchema;

/// How many tickets have each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema, sqlx::FromRow)]
pub struct TokenBreakdown {
    /// Nobody has used them yet.
    pub unused: i64,
    /// They have been used.
    pub redeemed: i64,
    /// Their access window is over.
    pub expired: i64,
    /// The organiser has revoked them.
    pub revoked: i64,
}

impl TokenBreakdown {
    /// Returns how many there are in all.
    pub const fn total(self) -> i64 {
        self.unused + self.redeemed + self.expired + self.revoked
    }
}
