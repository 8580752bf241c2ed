//! Whether a playlist continues the one before, or an encoder has begun anew: then its names stand for other bytes.
//! Pure.

use std::collections::VecDeque;
use std::time::Duration;

use streamgate_contract::time::UnixMillis;

use super::freshness::TARGET_DURATION_DEFAULT;
use crate::playlist::version::Version;

/// Texts to remember: what caches on the way to the origin may still hand out.
const REMEMBERED_MAX: usize = 8;

/// How far a stream had come when its playlist was last seen.
#[derive(Debug, Default)]
pub(super) struct Course {
    last: Option<Point>,
    /// Entity tags of the texts seen, the newest last, with the times.
    seen: VecDeque<(String, UnixMillis)>,
}

#[derive(Debug)]
struct Point {
    first: u64,
    end: u64,
    ended: bool,
    etag: String,
    seen: UnixMillis,
}

/// What a text is to the stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Continues,
    /// Was current a moment ago: some cache on the way is behind.
    Behind,
    BeginsAnew,
}

impl Course {
    /// Takes in what a fetch that began at `asked` brought at `now`.
    pub(super) fn take(&mut self, version: &Version, asked: UnixMillis, now: UnixMillis) -> Step {
        if version.facts.multivariant {
            return Step::Continues;
        }
        let step = self.judge(version, asked, now);
        if step == Step::Behind {
            return step;
        }
        if step == Step::BeginsAnew {
            self.seen.clear();
        }
        self.seen.push_back((version.etag.clone(), now));
        if self.seen.len() > REMEMBERED_MAX {
            self.seen.pop_front();
        }
        self.last = Some(Point {
            first: version.facts.first,
            end: end_of(version),
            ended: version.facts.ended,
            etag: version.etag.clone(),
            seen: now,
        });
        step
    }

    fn judge(&self, version: &Version, asked: UnixMillis, now: UnixMillis) -> Step {
        let Some(last) = &self.last else {
            return Step::Continues;
        };
        if last.etag == version.etag {
            return Step::Continues;
        }
        let is_back = version.facts.first < last.first || end_of(version) < last.end;
        if !is_back && !last.ended {
            return Step::Continues;
        }
        // Two fetches under way at once may come back in another order.
        if asked < last.seen {
            return Step::Behind;
        }
        let target = version.facts.target_duration.unwrap_or(TARGET_DURATION_DEFAULT);
        let was_current = self.seen.iter().any(|(etag, seen)| {
            *etag == version.etag && now.millis_since(*seen).unsigned_abs() <= millis(target * 3)
        });
        if was_current && !last.ended {
            Step::Behind
        } else {
            // What has ended changes only when somebody begins anew under its names.
            Step::BeginsAnew
        }
    }
}

fn end_of(version: &Version) -> u64 {
    version.facts.first.saturating_add(version.facts.segments)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use streamgate_contract::ids::EventId;
    use streamgate_contract::media_path::MediaPath;

    /// A playlist of the segments `first` to `end`.
    fn version(first: u64, end: u64, ended: bool) -> Version {
        let mut text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
        for number in first..end {
            text.extend(["#EXTINF:2,\n", &number.to_string(), ".ts\n"]);
        }
        if ended {
            text.push_str("#EXT-X-ENDLIST\n");
        }
        let path = MediaPath::parse(EventId::parse("evt").unwrap(), "x.m3u8").unwrap();
        Version::new(&path, Bytes::from(text), UnixMillis(0))
    }

    /// What the last of some versions is that come a second apart.
    fn last_step(versions: &[(u64, u64, bool)]) -> Step {
        let mut course = Course::default();
        let mut step = Step::Continues;
        for (second, (first, end, ended)) in (0i64..).zip(versions) {
            let at = UnixMillis(second * 1000);
            step = course.take(&version(*first, *end, *ended), at, at);
        }
        step
    }

    #[test]
    fn a_window_that_slides_or_grows_or_ends_continues() {
        for versions in [
            &[(0, 3, false), (1, 4, false)][..],
            &[(0, 3, false), (0, 3, false), (0, 9, false)],
            &[(5, 8, false), (5, 8, true)],
            &[(5, 8, false), (50, 58, false)],
            &[(5, 8, true), (5, 8, true)],
        ] {
            assert_eq!(last_step(versions), Step::Continues, "{versions:?}");
        }
    }

    #[test]
    fn numbers_that_go_back_and_an_end_that_is_undone_begin_anew() {
        for versions in [
            &[(9, 12, false), (0, 2, false)][..],
            &[(0, 12, false), (0, 2, false)],
            &[(0, 12, true), (0, 2, false)],
            &[(0, 2, true), (0, 3, false)],
            &[(995, 1000, true), (0, 1000, true)],
            // The same text as at the beginning of a run that has ended.
            &[(0, 2, false), (0, 3, true), (0, 2, false)],
        ] {
            assert_eq!(last_step(versions), Step::BeginsAnew, "{versions:?}");
        }
    }

    #[test]
    fn what_was_current_a_moment_ago_is_only_late() {
        assert_eq!(
            last_step(&[(0, 3, false), (1, 4, false), (0, 3, false)]),
            Step::Behind
        );
        // Eight seconds later it is not a moment ago.
        let mut versions = vec![(0, 3, false)];
        versions.extend((0..8).map(|number| (number + 1, number + 4, false)));
        versions.push((0, 3, false));
        assert_eq!(last_step(&versions), Step::BeginsAnew);
    }

    #[test]
    fn an_answer_to_an_older_question_says_nothing_of_the_present() {
        let mut course = Course::default();
        course.take(&version(5, 8, false), UnixMillis(0), UnixMillis(900));
        let step = course.take(&version(4, 7, false), UnixMillis(500), UnixMillis(1_000));
        assert_eq!(step, Step::Behind);
    }
}
