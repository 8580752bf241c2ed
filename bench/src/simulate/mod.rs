//! An audience: viewers who redeem a code, follow the playlists, fetch segments in real time, say that they are there,
//! refresh their tokens and leave, each on a connection of their own.

mod crowd;
mod playback;
mod playhead;
mod stairs;
mod tally;
mod timing;
mod viewer;

use std::time::Duration;

pub use crowd::Crowd;
pub use stairs::{Stairs, climb};
pub use tally::Tally;

/// What `simulate --find` says before its result.
pub const LARGEST: &str = "largest audience without a late segment:";

/// An audience that comes, watches and goes.
#[derive(Clone, Debug)]
pub struct Plan {
    /// `host:port` of the platform.
    pub platform: String,
    /// A code for each viewer.
    pub codes: Vec<String>,
    /// How long the last viewer comes after the first.
    pub ramp: Duration,
    /// How long all of them watch.
    pub watch: Duration,
}

/// Lets the whole audience come, watch and leave, and says what happened to it.
pub async fn run(plan: &Plan) -> Tally {
    let mut crowd = Crowd::new(plan.platform.clone(), plan.codes.clone());
    crowd.grow(plan.codes.len(), plan.ramp).await;
    tokio::time::sleep(plan.watch).await;
    crowd.leave().await
}
