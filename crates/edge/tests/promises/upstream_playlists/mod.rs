//! Playlists of upstreams: one request for everybody, never too old, and never those of yesterday's encoder.

mod answers;
mod encoders;
mod failures;
mod freshness;
mod held;
mod live;
mod parts;
mod renditions;
mod restarts;
mod states;
mod unseen;

use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use crate::objects::Site;
use crate::objects::origin::Step;
use crate::support::Rig;

/// Where the origin has the event's file.
fn at(name: &str) -> String {
    format!("/live/evt/{name}")
}

/// The segments `first` to `end`, two seconds each.
fn media(first: u64, end: u64) -> String {
    let mut text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
    for number in first..end {
        text.extend(["#EXTINF:2,\n", &number.to_string(), ".ts\n"]);
    }
    text
}

fn ended(first: u64, end: u64) -> String {
    format!("{}#EXT-X-ENDLIST\n", media(first, end))
}

/// An origin's answer with a playlist and headers of its own.
fn text(body: &str, headers: &str) -> Vec<Step> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    vec![Step::Send([head.as_bytes(), body.as_bytes()].concat())]
}

/// The header of something that changed `age` ago by the edge's clock.
fn modified(site: &Site, age: Duration) -> String {
    let now = Duration::from_millis(u64::try_from(site.rig.now().0).unwrap());
    format!(
        "Last-Modified: {}\r\n",
        httpdate::fmt_http_date(UNIX_EPOCH + now - age)
    )
}

/// Has the edge's clock go as the clock on the wall does.
fn follow_the_wall(rig: &Rig) -> tokio::task::JoinHandle<()> {
    let (clock, mut shown) = (rig.clock.clone(), Instant::now());
    tokio::spawn(async move {
        loop {
            let passed = Duration::from_millis(u64::try_from(shown.elapsed().as_millis()).unwrap());
            clock.advance(passed);
            shown += passed;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
}

impl Site {
    /// Starts another edge in place of this one, on its folder, at once.
    async fn again(self) -> Self {
        self.again_after(Duration::ZERO).await
    }

    /// As [`again`](Self::again), some time later.
    async fn again_after(self, down: Duration) -> Self {
        let (folder, url) = (Arc::clone(&self.rig.folder), self.origin.url());
        let now = self
            .rig
            .now()
            .plus_millis(i64::try_from(down.as_millis()).unwrap());
        let Self {
            mut rig,
            origin,
            feed,
        } = self;
        rig.stop().await;
        drop((rig, feed));
        let mut rig = Rig::with(folder, |settings| {
            settings.stream_root = None;
            settings.upstream.origin = Some(url);
        });
        rig.clock.set(now.0);
        let feed = rig.start().await;
        Self { rig, feed, origin }
    }

    /// Has the origin answer for `name` with this text from now on.
    fn publish(&self, name: &str, body: &str) {
        self.origin.script(&at(name), vec![text(body, "")]);
    }

    /// What a viewer gets of `name`, which must be there.
    async fn body(&self, name: &str) -> String {
        let answer = self.rig.watch(name, &[]).await;
        assert_eq!(answer.status, 200, "{name}");
        answer.text().to_owned()
    }
}
