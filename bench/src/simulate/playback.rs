//! The playlists and segments of one viewer, as hls.js asks for them: master, one rendition, segments in order, the
//! playlist again after each of its durations.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use m3u8_rs::{MediaPlaylist, Playlist};

use super::playhead::Playhead;
use super::tally::Shared;
use super::timing::{BUFFER_MAX, LIVE_SEGMENTS_BEHIND, RETRY_AFTER};
use super::viewer::good;
use crate::link::{Ask, Link};

/// What a viewer has of a stream.
pub(super) struct Playback {
    /// The path of the playlist that is followed: first the master, then a rendition.
    playlist: String,
    /// When the code was entered.
    came: Instant,
    playhead: Playhead,
    /// Listed and not yet loaded: paths and durations.
    ahead: VecDeque<(String, Duration)>,
    /// The number after the last segment that was listed.
    next_number: Option<u64>,
    /// When the playlist is asked for again; `None` once it has ended.
    poll_at: Option<Instant>,
    /// Nothing is asked for before, because something failed.
    not_before: Instant,
    has_first: bool,
}

impl Playback {
    pub(super) fn new(master: String, came: Instant) -> Self {
        Self {
            playlist: master,
            came,
            playhead: Playhead::default(),
            ahead: VecDeque::new(),
            next_number: None,
            poll_at: Some(came),
            not_before: came,
            has_first: false,
        }
    }

    /// Returns when there is something to do; `None` when all of a recording is loaded.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let next = match self.load_at(now) {
            Some(load_at) => self.poll_at.map_or(load_at, |poll_at| poll_at.min(load_at)),
            None => self.poll_at?,
        };
        Some(next.max(self.not_before))
    }

    fn load_at(&self, now: Instant) -> Option<Instant> {
        self.ahead.front()?;
        Some(self.playhead.load_from(now, BUFFER_MAX))
    }

    /// Asks for what is due: the playlist if it is, else the next segment.
    pub(super) async fn advance(&mut self, edge: &mut Link, token: &str, tally: &Shared) {
        let now = Instant::now();
        if self.poll_at.is_some_and(|poll_at| poll_at <= now) {
            self.poll(edge, token, tally).await;
        } else if let Some((path, duration)) = self.ahead.pop_front() {
            self.load(edge, token, (&path, duration), tally).await;
        }
    }

    async fn load(&mut self, edge: &mut Link, token: &str, segment: (&str, Duration), tally: &Shared) {
        let (path, duration) = segment;
        let asked = Instant::now();
        let answer = edge.download(&Ask::get(path, token)).await;
        let now = Instant::now();
        let Some(answer) = good(answer, "segment", tally) else {
            // Skipped, as a player does in the end.
            self.not_before = now + RETRY_AFTER;
            return;
        };
        let is_late = self.playhead.loaded(asked, now, duration);
        let mut tally = tally.note();
        tally.segments += 1;
        tally.bytes += answer.body_bytes;
        tally.late += u64::from(is_late);
        tally.segment_times.add(now - asked);
        if !self.has_first {
            self.has_first = true;
            tally.code_to_first_segment.add(now - self.came);
        }
    }

    async fn poll(&mut self, edge: &mut Link, token: &str, tally: &Shared) {
        let asked = Instant::now();
        let answer = edge.ask(&Ask::get(&self.playlist, token)).await;
        let Some(answer) = good(answer, "playlist", tally) else {
            self.poll_at = Some(asked + RETRY_AFTER);
            self.not_before = asked + RETRY_AFTER;
            return;
        };
        tally.note().playlists += 1;
        match m3u8_rs::parse_playlist_res(&answer.body) {
            // Players begin with the first rendition that is listed.
            Ok(Playlist::MasterPlaylist(master)) if !master.variants.is_empty() => {
                if let Some(first) = master.variants.first() {
                    self.playlist = resolve(&self.playlist, &first.uri);
                }
            }
            Ok(Playlist::MediaPlaylist(media)) => self.follow(&media, asked),
            Ok(Playlist::MasterPlaylist(_)) | Err(_) => {
                tally.failed("playlist", "not a playlist");
                self.poll_at = Some(asked + RETRY_AFTER);
            }
        }
    }

    /// Takes what is new in a media playlist and decides when to ask again (RFC 8216 6.3.4).
    fn follow(&mut self, media: &MediaPlaylist, asked: Instant) {
        let end = media.media_sequence + media.segments.len() as u64;
        let begin = self.next_number.unwrap_or_else(|| {
            if media.end_list {
                media.media_sequence
            } else {
                end.saturating_sub(LIVE_SEGMENTS_BEHIND).max(media.media_sequence)
            }
        });
        let known = usize::try_from(begin.saturating_sub(media.media_sequence)).unwrap_or(usize::MAX);
        for segment in media.segments.iter().skip(known) {
            let duration = Duration::try_from_secs_f32(segment.duration).unwrap_or_default();
            self.ahead
                .push_back((resolve(&self.playlist, &segment.uri), duration));
        }
        let has_changed = self.next_number != Some(end);
        self.next_number = Some(end);
        let target = Duration::from_secs(media.target_duration.max(1));
        let pause = if has_changed { target } else { target / 2 };
        self.poll_at = (!media.end_list).then(|| asked + pause);
    }
}

/// Resolves a URI of a playlist against the playlist's own path. Ours are relative or absolute paths.
fn resolve(playlist: &str, uri: &str) -> String {
    if uri.starts_with('/') {
        return uri.to_owned();
    }
    let folder = playlist.rfind('/').and_then(|slash| playlist.get(..=slash));
    format!("{}{uri}", folder.unwrap_or("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn playlist(sequence: u64, segments: u64, end: &str) -> MediaPlaylist {
        let listed: String = (sequence..sequence + segments).fold(String::new(), |listed, number| {
            format!("{listed}#EXTINF:4,\ns{number}.ts\n")
        });
        let text =
            format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:{sequence}\n{listed}{end}");
        m3u8_rs::parse_media_playlist_res(text.as_bytes()).unwrap()
    }

    fn paths(playback: &Playback) -> Vec<&str> {
        playback.ahead.iter().map(|(path, _)| path.as_str()).collect()
    }

    #[test]
    fn a_live_viewer_begins_three_segments_behind_and_loads_each_segment_once() {
        let now = Instant::now();
        let mut playback = Playback::new("/streams/e/v/index.m3u8".to_owned(), now);
        playback.follow(&playlist(10, 6, ""), now);
        assert_eq!(
            paths(&playback),
            [
                "/streams/e/v/s13.ts",
                "/streams/e/v/s14.ts",
                "/streams/e/v/s15.ts"
            ]
        );
        playback.ahead.clear();
        playback.follow(&playlist(11, 6, ""), now);
        assert_eq!(paths(&playback), ["/streams/e/v/s16.ts"]);
    }

    #[test]
    fn the_playlist_is_asked_for_after_a_whole_duration_or_half_of_one_if_nothing_was_new() {
        let now = Instant::now();
        let mut playback = Playback::new("/i.m3u8".to_owned(), now);
        playback.follow(&playlist(10, 6, ""), now);
        assert_eq!(playback.poll_at, Some(now + Duration::from_secs(4)));
        playback.follow(&playlist(10, 6, ""), now);
        assert_eq!(playback.poll_at, Some(now + Duration::from_secs(2)));
    }

    #[test]
    fn a_recording_is_loaded_from_its_beginning_and_its_playlist_once() {
        let now = Instant::now();
        let mut playback = Playback::new("/i.m3u8".to_owned(), now);
        playback.follow(&playlist(0, 2, "#EXT-X-ENDLIST\n"), now);
        assert_eq!(paths(&playback), ["/s0.ts", "/s1.ts"]);
        assert_eq!(playback.poll_at, None);
        playback.ahead.clear();
        assert_eq!(playback.due(now), None);
    }

    #[test]
    fn addresses_in_playlists_are_relative_to_the_playlist() {
        assert_eq!(
            resolve("/streams/e/stream.m3u8", "v/i.m3u8"),
            "/streams/e/v/i.m3u8"
        );
        assert_eq!(resolve("/streams/e/stream.m3u8", "/x/i.m3u8"), "/x/i.m3u8");
    }
}
