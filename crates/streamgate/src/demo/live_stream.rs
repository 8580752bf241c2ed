//! Writes the looping live stream as an encoder would: segments in place, playlists replaced by rename.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use streamgate_contract::time::UnixMillis;
use streamgate_serving::clock::Clock;
use tokio_util::sync::CancellationToken;

use super::live_playlist::{LivePlaylist, WINDOW_SEGMENTS_MIN};
use super::media;

/// How often the playlists are brought up to date; a segment is listed at most this late.
const TICK: Duration = Duration::from_millis(200);
/// Segments in the sliding window: 20 s of the demo's 2 s segments.
const WINDOW_SEGMENTS: usize = 10;

/// A live stream of the demo's media in an event's folder.
pub(crate) struct LiveStream {
    clock: Arc<dyn Clock>,
    started: UnixMillis,
    renditions: Vec<Rendition>,
}

struct Rendition {
    path: PathBuf,
    playlist: LivePlaylist,
    written: String,
}

impl LiveStream {
    /// Writes the segments and the first playlists. The stream seems to run since a window's length ago, so that
    /// the first viewer finds a full one.
    pub(crate) fn begin(event_folder: &Path, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        media::write_without_media_playlists(event_folder)?;
        let mut lead = Duration::ZERO;
        let mut renditions = Vec::new();
        for rendition in media::renditions() {
            let window = WINDOW_SEGMENTS.max(WINDOW_SEGMENTS_MIN);
            lead = lead.max(
                rendition
                    .segments
                    .iter()
                    .cycle()
                    .take(window)
                    .map(|(_, length)| *length)
                    .sum(),
            );
            renditions.push(Rendition {
                path: event_folder.join(&rendition.folder).join("index.m3u8"),
                playlist: LivePlaylist::new(rendition.segments, window),
                written: String::new(),
            });
        }
        let lead = i64::try_from(lead.as_millis()).unwrap_or(0);
        let started = UnixMillis(clock.unix_millis()).plus_millis(-lead);
        let mut stream = Self {
            clock,
            started,
            renditions,
        };
        stream.write_playlists()?;
        Ok(stream)
    }

    /// Keeps the playlists up to date until `shutdown`.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) -> std::io::Result<()> {
        let mut ticks = tokio::time::interval(TICK);
        while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
            self.write_playlists()?;
        }
        Ok(())
    }

    fn write_playlists(&mut self) -> std::io::Result<()> {
        let elapsed = UnixMillis(self.clock.unix_millis()).millis_since(self.started);
        let elapsed = Duration::from_millis(u64::try_from(elapsed).unwrap_or(0));
        for rendition in &mut self.renditions {
            let text = rendition.playlist.at(elapsed, self.started);
            if text != rendition.written {
                let temporary = rendition.path.with_extension("m3u8.tmp");
                std::fs::write(&temporary, &text)?;
                std::fs::rename(&temporary, &rendition.path)?;
                rendition.written = text;
            }
        }
        Ok(())
    }
}
