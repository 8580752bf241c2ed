//! The program's commands, one file each.

mod copy_database;
mod demo;
mod doctor;
mod edge;
mod generate_secret;
mod hash_password;
mod health;
mod keep;
mod migrate;
mod platform;
mod print;
mod seed;
mod serve;

pub(crate) use copy_database::copy_database;
pub(crate) use demo::demo;
pub(crate) use doctor::doctor;
pub(crate) use edge::edge;
pub(crate) use generate_secret::generate_secret;
pub(crate) use hash_password::hash_password;
pub(crate) use health::health;
pub(crate) use keep::{backup, restore};
pub(crate) use migrate::{migrate, refuse_pending};
pub(crate) use platform::platform;
pub(crate) use print::{openapi, settings_reference};
pub(crate) use seed::seed;
pub(crate) use serve::serve;
