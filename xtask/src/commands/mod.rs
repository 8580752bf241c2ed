//! One file per command.

pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod codegen;
pub(crate) mod demo;
pub(crate) mod dist;
pub(crate) mod fix;
pub(crate) mod fuzz_api;
pub(crate) mod install_hooks;
pub(crate) mod instructions;
pub(crate) mod simulate;
pub(crate) mod test;
