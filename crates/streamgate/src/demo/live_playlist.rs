//! Turns a short recording into an endless live stream: the text of its sliding-window media playlist at any moment.
//!
//! Pure: the same arguments give the same text, so every rendition that has the same durations moves in step, and a restart
//! with the same start carries on where it was. It promises a player (RFC 8216):
//!
//! - a segment is listed only when the whole of it would have been recorded, never before (6.2.2);
//! - the media sequence rises by one for each segment that leaves the window, and nothing goes backwards as time goes on;
//! - each turn of the loop begins with `EXT-X-DISCONTINUITY`, because its timestamps begin anew, and the discontinuity
//!   sequence counts the tags that left the window together with their segments (6.2.2);
//! - each segment says when it was "recorded" (`EXT-X-PROGRAM-DATE-TIME`).

use std::time::Duration;

use streamgate_contract::time::UnixMillis;

/// The least number of segments in a full window: players start three segments from its end and need room to fall behind.
pub(crate) const WINDOW_SEGMENTS_MIN: usize = 6;

/// A recording that is played over and over as if it were live.
#[derive(Debug, Clone)]
pub(crate) struct LivePlaylist {
    segments: Vec<Segment>,
    turn: Duration,
    window: u64,
}

#[derive(Debug, Clone)]
struct Segment {
    uri: String,
    duration: Duration,
    /// When it begins, from the beginning of its turn.
    offset: Duration,
}

impl LivePlaylist {
    /// Takes the URIs and durations of one turn of the loop, in order, and how many segments a full window lists
    /// (at least [`WINDOW_SEGMENTS_MIN`]). Without any segment, or with none that lasts, every playlist is empty.
    pub(crate) fn new(
        names_and_durations: impl IntoIterator<Item = (impl Into<String>, Duration)>,
        window: usize,
    ) -> Self {
        let mut turn = Duration::ZERO;
        let segments = names_and_durations
            .into_iter()
            .map(|(uri, duration)| {
                let offset = turn;
                turn = turn.saturating_add(duration);
                Segment {
                    uri: uri.into(),
                    duration,
                    offset,
                }
            })
            .collect();
        let window = u64::try_from(window.max(WINDOW_SEGMENTS_MIN)).unwrap_or(u64::MAX);
        Self {
            segments,
            turn,
            window,
        }
    }

    /// Returns the playlist's text `elapsed` after the stream began at `started`.
    ///
    /// Before the first segment is complete it lists none. To have a full window from the very first request, begin the
    /// stream a window's length in the past.
    pub(crate) fn at(&self, elapsed: Duration, started: UnixMillis) -> String {
        let complete = self.segments_complete(elapsed);
        let first = complete.saturating_sub(self.window);
        let mut lines = vec![
            "#EXTM3U".to_owned(),
            "#EXT-X-VERSION:6".to_owned(),
            format!("#EXT-X-TARGETDURATION:{}", self.target_duration_secs()),
            format!("#EXT-X-MEDIA-SEQUENCE:{first}"),
            format!(
                "#EXT-X-DISCONTINUITY-SEQUENCE:{}",
                self.discontinuities_before(first)
            ),
            "#EXT-X-INDEPENDENT-SEGMENTS".to_owned(),
        ];
        for sequence in first..complete {
            self.push_segment(&mut lines, sequence, started);
        }
        lines.push(String::new());
        lines.join("\n")
    }

    fn push_segment(&self, lines: &mut Vec<String>, sequence: u64, started: UnixMillis) {
        let Some((turn, segment)) = self.segment(sequence) else {
            return;
        };
        if self.begins_a_later_turn(sequence) {
            lines.push("#EXT-X-DISCONTINUITY".to_owned());
        }
        let recorded_at = started
            .plus_millis(millis(self.turn).saturating_mul(turn))
            .plus_millis(millis(segment.offset));
        lines.push(format!("#EXT-X-PROGRAM-DATE-TIME:{recorded_at}"));
        lines.push(format!("#EXTINF:{:.3},", segment.duration.as_secs_f64()));
        lines.push(segment.uri.clone());
    }

    /// How many segments are complete at `elapsed`; also the sequence number of the one being "recorded".
    fn segments_complete(&self, elapsed: Duration) -> u64 {
        let Some(turns) = elapsed.as_nanos().checked_div(self.turn.as_nanos()) else {
            return 0;
        };
        let into_turn = elapsed.as_nanos() - turns * self.turn.as_nanos();
        let ended = |segment: &&Segment| (segment.offset + segment.duration).as_nanos() <= into_turn;
        let of_this_turn = self.segments.iter().take_while(ended).count() as u64;
        u64::try_from(turns)
            .unwrap_or(u64::MAX)
            .saturating_mul(self.turn_len())
            .saturating_add(of_this_turn)
    }

    /// The segment with this sequence number, with the number of the turn it belongs to.
    fn segment(&self, sequence: u64) -> Option<(i64, &Segment)> {
        let turn = i64::try_from(sequence.checked_div(self.turn_len())?).ok()?;
        let index = usize::try_from(sequence.checked_rem(self.turn_len())?).ok()?;
        Some((turn, self.segments.get(index)?))
    }

    fn begins_a_later_turn(&self, sequence: u64) -> bool {
        sequence > 0 && sequence.checked_rem(self.turn_len()) == Some(0)
    }

    /// How many segments with a discontinuity tag come before `sequence`. The tag of `sequence` itself is still listed.
    fn discontinuities_before(&self, sequence: u64) -> u64 {
        sequence
            .saturating_sub(1)
            .checked_div(self.turn_len())
            .unwrap_or(0)
    }

    fn turn_len(&self) -> u64 {
        self.segments.len() as u64
    }

    /// The longest segment, rounded to whole seconds as RFC 8216 4.3.3.1 compares them, and at least one.
    fn target_duration_secs(&self) -> u64 {
        let longest = self
            .segments
            .iter()
            .map(|segment| segment.duration)
            .max()
            .unwrap_or_default();
        longest
            .saturating_add(Duration::from_millis(500))
            .as_secs()
            .max(1)
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UnixMillis = UnixMillis::from_secs(1_795_521_600); // 2026-11-24T12:00:00Z

    /// Eight segments of 2 s: the demo's own media.
    fn demo() -> LivePlaylist {
        LivePlaylist::new(
            (0..8).map(|index| (format!("{index:03}.ts"), Duration::from_secs(2))),
            6,
        )
    }

    fn at_secs(secs: u64) -> String {
        demo().at(Duration::from_secs(secs), NOON)
    }

    fn number(text: &str, tag: &str) -> u64 {
        text.lines()
            .find_map(|line| line.strip_prefix(tag))
            .unwrap()
            .parse()
            .unwrap()
    }

    fn uris(text: &str) -> Vec<&str> {
        text.lines().filter(|line| !line.starts_with('#')).collect()
    }

    #[test]
    fn a_stream_that_just_began_lists_no_segment() {
        let text = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n\
                    #EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-INDEPENDENT-SEGMENTS\n";
        assert_eq!(at_secs(0), text);
        assert_eq!(demo().at(Duration::from_millis(1_999), NOON), text);
    }

    #[test]
    fn a_segment_is_listed_from_the_very_millisecond_it_is_complete() {
        assert_eq!(
            at_secs(2),
            "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n\
             #EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-INDEPENDENT-SEGMENTS\n\
             #EXT-X-PROGRAM-DATE-TIME:2026-11-24T12:00:00.000Z\n#EXTINF:2.000,\n000.ts\n"
        );
        assert_eq!(uris(&demo().at(Duration::from_millis(3_999), NOON)), ["000.ts"]);
        assert_eq!(uris(&at_secs(4)), ["000.ts", "001.ts"]);
    }

    #[test]
    fn the_second_turn_begins_with_a_discontinuity_and_the_clock_runs_on() {
        assert_eq!(
            at_secs(18),
            "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:3\n\
             #EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-INDEPENDENT-SEGMENTS\n\
             #EXT-X-PROGRAM-DATE-TIME:2026-11-24T12:00:06.000Z\n#EXTINF:2.000,\n003.ts\n\
             #EXT-X-PROGRAM-DATE-TIME:2026-11-24T12:00:08.000Z\n#EXTINF:2.000,\n004.ts\n\
             #EXT-X-PROGRAM-DATE-TIME:2026-11-24T12:00:10.000Z\n#EXTINF:2.000,\n005.ts\n\
             #EXT-X-PROGRAM-DATE-TIME:2026-11-24T12:00:12.000Z\n#EXTINF:2.000,\n006.ts\n\
             #EXT-X-PROGRAM-DATE-TIME:2026-11-24T12:00:14.000Z\n#EXTINF:2.000,\n007.ts\n\
             #EXT-X-DISCONTINUITY\n\
             #EXT-X-PROGRAM-DATE-TIME:2026-11-24T12:00:16.000Z\n#EXTINF:2.000,\n000.ts\n"
        );
    }

    #[test]
    fn the_discontinuity_sequence_rises_when_the_tag_leaves_with_its_segment_and_not_before() {
        // Segment 8 (the second turn's first) heads the window at 28 s and has left it at 30 s.
        let heading = at_secs(28);
        assert_eq!(number(&heading, "#EXT-X-MEDIA-SEQUENCE:"), 8);
        assert_eq!(number(&heading, "#EXT-X-DISCONTINUITY-SEQUENCE:"), 0);
        assert!(heading.contains("SEGMENTS\n#EXT-X-DISCONTINUITY\n"));
        let gone = at_secs(30);
        assert_eq!(number(&gone, "#EXT-X-MEDIA-SEQUENCE:"), 9);
        assert_eq!(number(&gone, "#EXT-X-DISCONTINUITY-SEQUENCE:"), 1);
        assert!(!gone.contains("#EXT-X-DISCONTINUITY\n"));
    }

    #[test]
    fn a_segment_keeps_its_number_its_turn_and_its_time_for_as_long_as_it_is_listed() {
        let playlist = demo();
        let mut known = std::collections::BTreeMap::new();
        let (mut sequence_before, mut complete_before) = (0, 0);
        for elapsed_ms in (0..200_000).step_by(100) {
            let text = playlist.at(Duration::from_millis(elapsed_ms), NOON);
            let mut sequence = number(&text, "#EXT-X-MEDIA-SEQUENCE:");
            let mut turn = number(&text, "#EXT-X-DISCONTINUITY-SEQUENCE:");
            assert!(sequence == sequence_before || sequence == sequence_before + 1);
            sequence_before = sequence;
            let mut time = "";
            for line in text.lines() {
                if line == "#EXT-X-DISCONTINUITY" {
                    turn += 1;
                } else if let Some(text) = line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:") {
                    time = text;
                } else if !line.starts_with('#') {
                    let identity = (turn, time.to_owned(), line.to_owned());
                    assert_eq!(
                        known.entry(sequence).or_insert_with(|| identity.clone()),
                        &identity
                    );
                    sequence += 1;
                }
            }
            assert!(sequence == complete_before || sequence == complete_before + 1);
            complete_before = sequence;
        }
        assert_eq!(known.len(), 99);
    }

    #[test]
    fn a_full_window_has_six_segments_even_if_fewer_were_asked_for() {
        let playlist = LivePlaylist::new([("only.ts", Duration::from_secs(2))], 1);
        assert_eq!(uris(&playlist.at(Duration::from_mins(1), NOON)), ["only.ts"; 6]);
        assert_eq!(
            uris(
                &LivePlaylist::new([("only.ts", Duration::from_secs(2))], 9).at(Duration::from_mins(1), NOON)
            )
            .len(),
            9
        );
    }

    #[test]
    fn uneven_segments_are_due_when_they_end_and_the_longest_rounds_to_the_target() {
        let durations = [("a.ts", 1_960), ("b.ts", 2_480), ("c.ts", 400)];
        let playlist = LivePlaylist::new(durations.map(|(uri, ms)| (uri, Duration::from_millis(ms))), 6);
        let text = playlist.at(Duration::from_millis(4_840 + 1_960), NOON);
        assert_eq!(uris(&text), ["a.ts", "b.ts", "c.ts", "a.ts"]);
        assert_eq!(number(&text, "#EXT-X-TARGETDURATION:"), 2);
        assert!(text.ends_with(
            "#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-11-24T12:00:04.840Z\n#EXTINF:1.960,\na.ts\n"
        ));
        assert_eq!(
            uris(&playlist.at(Duration::from_millis(4_840 + 1_959), NOON)),
            ["a.ts", "b.ts", "c.ts"]
        );
    }

    #[test]
    fn a_century_of_playing_changes_nothing_but_the_numbers() {
        let turns = 100 * 365 * 24 * 3_600 / 16;
        let text = at_secs(turns * 16);
        assert_eq!(number(&text, "#EXT-X-MEDIA-SEQUENCE:"), turns * 8 - 6);
        assert_eq!(number(&text, "#EXT-X-DISCONTINUITY-SEQUENCE:"), turns - 1);
        assert_eq!(
            uris(&text),
            ["002.ts", "003.ts", "004.ts", "005.ts", "006.ts", "007.ts"]
        );
    }

    #[test]
    fn a_loop_of_nothing_is_an_empty_playlist_and_no_panic() {
        for names in [vec![], vec![("a.ts", Duration::ZERO)]] {
            let playlist = LivePlaylist::new(names, 6);
            assert!(uris(&playlist.at(Duration::MAX, NOON)).is_empty());
        }
    }
}
