//! The platform's API, promise by promise. Every test runs on SQLite and on PostgreSQL.
//!
//! PostgreSQL comes from `STREAMGATE_TEST_POSTGRES_URL`, which `cargo xtask test` sets; each test makes a
//! database of its own in it. Without the variable those tests fail and say so: they are never skipped.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that panics has failed, which is what it is for"
)]

#[macro_use]
mod harness;
mod admin_auth;
mod admin_bulk_revoke;
mod admin_counts;
mod admin_dashboard;
mod admin_event_changes;
mod admin_events;
mod admin_export;
mod admin_guards;
mod admin_journey;
mod admin_rows;
mod admin_seed;
mod admin_support;
mod admin_tickets;
mod audit_lines;
mod database_held;
mod edges_activity;
mod feed_api;
mod feed_concurrency;
mod heartbeats;
mod histories;
mod mixed_work;
mod outages;
mod revoke_races;
mod schema;
mod viewer_page;
mod viewer_races;
mod viewer_sessions;
mod viewer_status;
mod viewer_validate;
