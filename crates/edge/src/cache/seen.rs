//! What was last seen of a playlist, kept with its event's generations: whether an encoder may have begun anew since,
//! under the same names, is told from this and what the playlist shows now. Pure.

use std::time::Duration;

use super::generations::Rendition;

pub(super) const LENGTH: usize = 1 + 8 + 8 + 4 + 4 + 4;

/// What stands for the text with which a stream ended, its validators included.
pub(crate) type EndText = [u8; 8];

/// What a playlist shows that was just fetched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Sight {
    pub(crate) rendition: Rendition,
    /// The number behind its last segment.
    pub(crate) end: u64,
    /// How long its segments are together.
    pub(crate) listed: Duration,
    pub(crate) target: Duration,
    /// For how long what is seen tells where the stream is: in this time no other one would go unnoticed.
    pub(crate) lasts: Duration,
    /// When it was vouched for last, if this process knows.
    pub(crate) gap: Option<Duration>,
    /// Whether it is known that its encoder began anew, so that nothing older counts.
    pub(crate) begins_anew: bool,
    pub(crate) is_ended: bool,
    /// The text with which it ended, if that tells it from all others.
    pub(crate) text: Option<EndText>,
}

/// What was last seen of a rendition's playlist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    is_ended: bool,
    /// Zeros for none.
    text: EndText,
    end: u64,
    /// How much this run has made at least.
    lasted_secs: u32,
    at_secs: u32,
    /// The oldest generation whose objects are sure.
    pub(super) sure: u32,
}

impl Seen {
    pub(super) fn of(sight: &Sight, before: Option<&Self>, sure: u32, now_secs: u32) -> Self {
        // Where it is in doubt whether it is the same run a look back proves nothing.
        let run = before.filter(|before| before.sure == sure && !sight.begins_anew);
        let made = run.map_or(Duration::ZERO, |run| {
            let more = u32::try_from(sight.end.saturating_sub(run.end)).unwrap_or(u32::MAX);
            // Segments may be shorter than the longest.
            let more = (sight.target / 2).saturating_mul(more);
            Duration::from_secs(run.lasted_secs.into()).saturating_add(more)
        });
        let lasted = made.max(sight.listed).as_secs();
        Self {
            is_ended: sight.is_ended,
            text: sight.text.unwrap_or_default(),
            end: sight.end,
            lasted_secs: u32::try_from(lasted).unwrap_or(u32::MAX),
            at_secs: now_secs,
            sure,
        }
    }

    /// Decides whether another run of the encoder may have come in between without being noticed.
    pub(super) fn is_in_doubt(&self, sight: &Sight, now_secs: u32) -> bool {
        if sight.begins_anew {
            return false;
        }
        if self.is_ended {
            // What has ended changes only when somebody begins anew; and a recording that is made again may have the
            // same text, but not of the same time.
            return !sight.is_ended || sight.text != Some(self.text);
        }
        let since = Duration::from_secs(now_secs.saturating_sub(self.at_secs).into());
        // Another run would have fewer segments by now than this one had, unless there was time for them all; numbers
        // that go back are seen.
        let lasted = Duration::from_secs(self.lasted_secs.into());
        sight.end < self.end || sight.gap.unwrap_or(since) > lasted.max(sight.lasts)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.is_ended)];
        bytes.extend(self.text);
        bytes.extend(self.end.to_be_bytes());
        bytes.extend(self.lasted_secs.to_be_bytes());
        bytes.extend(self.at_secs.to_be_bytes());
        bytes.extend(self.sure.to_be_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (is_ended, bytes) = bytes.split_first()?;
        let (text, bytes) = bytes.split_first_chunk()?;
        let (end, bytes) = bytes.split_first_chunk()?;
        let (lasted_secs, bytes) = bytes.split_first_chunk()?;
        let (at_secs, sure) = bytes.split_first_chunk()?;
        Some(Self {
            is_ended: *is_ended != 0,
            text: *text,
            end: u64::from_be_bytes(*end),
            lasted_secs: u32::from_be_bytes(*lasted_secs),
            at_secs: u32::from_be_bytes(*at_secs),
            sure: u32::from_be_bytes(sure.try_into().ok()?),
        })
    }
}
