//! The feed: the ordered records that edges act on. A record is written in the transaction of its change.

pub(crate) mod api;
mod hub;
mod listen;
pub(crate) mod queries;
mod read;
mod subscribe;

pub use hub::FeedHub;
pub(crate) use listen::run;
pub use subscribe::subscribe;
