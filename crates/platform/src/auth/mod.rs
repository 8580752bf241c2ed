//! Who is asking: organisers, integrators, edges. Each is an extractor, so that a handler cannot forget it.

mod admin;
pub mod api;
pub mod cross_site;
mod internal_key;
mod password;
pub(crate) mod queries;
mod session_cookie;

use std::time::Duration;

pub use admin::Admin;
pub use internal_key::InternalKey;

/// How long a sign-in lasts at most, used or not.
pub const ADMIN_SESSION_LIFETIME: Duration = Duration::from_hours(8);
