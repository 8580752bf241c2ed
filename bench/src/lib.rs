//! How fast is it, and how many viewers does this box carry? Measured by commands that anyone can repeat:
//! `cargo xtask bench` sets StreamGate beside nginx, `cargo xtask simulate` lets viewers watch.
//!
//! Nothing here ships with the program. Figures are ratios of one run on one machine, or are said with the machine.

pub mod compare;
pub mod live;
pub mod platform_load;
pub mod process;
pub mod simulate;
pub mod site;
pub mod stats;

mod link;
mod sockets;
