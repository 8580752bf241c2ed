//! The program's commands, one file each.

mod demo;
mod edge;
mod hash_password;
mod platform;
mod print;
mod seed;
mod serve;

pub(crate) use demo::demo;
pub(crate) use edge::edge;
pub(crate) use hash_password::hash_password;
pub(crate) use platform::platform;
pub(crate) use print::{openapi, settings_reference};
pub(crate) use seed::seed;
pub(crate) use serve::serve;
