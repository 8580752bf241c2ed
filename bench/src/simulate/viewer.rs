//! One viewer, from the code to the end of the show.

use std::time::Instant;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::watch;

use super::playback::Playback;
use super::tally::Shared;
use super::timing::{HEARTBEAT_EVERY, LEAVING, first_refresh, next_refresh};
use crate::link::{Answer, Ask, Link, LinkError};
use crate::site::{redemption, text};

/// What a viewer comes with.
pub(super) struct Ticket {
    pub(super) code: String,
    /// Its place in everything that is spread out, in [0, 1).
    pub(super) roll: f64,
}

/// Watches until `over`, then gives the session back. What happens goes to the tally.
pub(super) async fn watch(platform: String, ticket: Ticket, tally: Shared, mut over: watch::Receiver<bool>) {
    tally.note().came += 1;
    let mut link = Link::new(platform.clone());
    let Some(mut viewer) = Viewer::enter(&mut link, &ticket, &tally).await else {
        return;
    };
    tokio::select! {
        // A crowd that is gone without leaving is over too.
        _ = over.wait_for(|over| *over) => {}
        () = viewer.follow(&mut link, &tally) => {}
    }
    // What was under way is abandoned, and its connection with it.
    drop(link);
    tokio::time::sleep(LEAVING.mul_f64(ticket.roll)).await;
    if viewer
        .post(&mut Link::new(platform), "release", &tally)
        .await
        .is_some()
    {
        tally.note().released += 1;
    }
}

/// A viewer who holds a token.
struct Viewer {
    token: String,
    roll: f64,
    /// The edge, if it is not where the platform is.
    edge: Option<Link>,
    playback: Playback,
    heartbeat_at: Instant,
    refresh_at: Instant,
}

impl Viewer {
    async fn enter(link: &mut Link, ticket: &Ticket, tally: &Shared) -> Option<Self> {
        let came = Instant::now();
        let ask = Ask::post("/api/tokens/validate", None, Some(redemption(&ticket.code)));
        let answer = good(link.ask(&ask).await, "redeem", tally)?;
        let Some((token, base, path)) = entrance(&answer) else {
            tally.failed("redeem", "an answer without token or path");
            return None;
        };
        tally.note().redeemed += 1;
        let edge = base
            .strip_prefix("http://")
            .filter(|edge| *edge != link.authority());
        Some(Self {
            token,
            roll: ticket.roll,
            edge: edge.map(|edge| Link::new(edge.to_owned())),
            playback: Playback::new(path, came),
            heartbeat_at: came + HEARTBEAT_EVERY,
            refresh_at: came + first_refresh(ticket.roll),
        })
    }

    /// Does what is due, one thing after another, for ever.
    async fn follow(&mut self, link: &mut Link, tally: &Shared) {
        loop {
            let session_at = self.heartbeat_at.min(self.refresh_at);
            let media_at = self.playback.due(Instant::now());
            let due = media_at.map_or(session_at, |at| at.min(session_at));
            tokio::time::sleep_until(due.into()).await;
            if due == session_at {
                self.tell(link, tally).await;
            } else {
                let edge = self.edge.as_mut().unwrap_or(link);
                self.playback.advance(edge, &self.token, tally).await;
            }
        }
    }

    /// Refreshes or sends a heartbeat, whichever is due.
    async fn tell(&mut self, link: &mut Link, tally: &Shared) {
        let now = Instant::now();
        if self.refresh_at > now {
            self.heartbeat_at = now + HEARTBEAT_EVERY;
            if self.post(link, "heartbeat", tally).await.is_some() {
                tally.note().heartbeats += 1;
            }
            return;
        }
        self.refresh_at = now + next_refresh(self.roll);
        let Some(answer) = self.post(link, "refresh", tally).await else {
            return;
        };
        match token_of(&answer) {
            Some(token) => {
                self.token = token;
                tally.note().refreshes += 1;
            }
            None => tally.failed("refresh", "an answer without a token"),
        }
    }

    async fn post(&self, link: &mut Link, what: &str, tally: &Shared) -> Option<Answer> {
        let path = format!("/api/playback/{what}");
        let ask = Ask::post(&path, Some(&self.token), None);
        good(link.ask(&ask).await, what, tally)
    }
}

/// Returns an answer that is what a player hopes for; counts anything else.
pub(super) fn good(outcome: Result<Answer, LinkError>, what: &str, tally: &Shared) -> Option<Answer> {
    match outcome {
        Ok(answer) if answer.status == 200 => Some(answer),
        Ok(answer) => {
            tally.failed(what, answer.status.as_str());
            None
        }
        Err(error) => {
            tally.failed(what, &error.to_string());
            None
        }
    }
}

/// Returns token, base URL of the edge and path of the playlist.
fn entrance(answer: &Answer) -> Option<(String, String, String)> {
    let body = json(&answer.body)?;
    Some((
        text(&body, "/playbackToken").ok()?,
        text(&body, "/playbackBaseUrl").ok()?,
        text(&body, "/streamPath").ok()?,
    ))
}

fn token_of(answer: &Answer) -> Option<String> {
    text(&json(&answer.body)?, "/playbackToken").ok()
}

fn json(body: &Bytes) -> Option<Value> {
    serde_json::from_slice(body).ok()
}
