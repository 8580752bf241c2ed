//! A live stream that an encoder seems to write: a new segment in real time, the playlist replaced whole, old
//! segments removed. Its bytes are no picture, which neither a server nor a simulated viewer minds.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use streamgate_contract::time::UnixMillis;
use streamgate_serving::clock::{Clock as _, SystemClock};

/// Segments that the playlist lists: what Apple asks a live playlist for.
const WINDOW: u64 = 6;
/// Segments that stay after they left the playlist, for players that had read it before.
const KEPT: u64 = 4;
/// The number of the first segment: as if the stream had been on for a while.
const FIRST: u64 = 1_000;

/// What is written.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How long a segment plays; whole seconds.
    pub segment: Duration,
    /// Bits per second.
    pub bit_rate: u64,
}

impl Shape {
    fn segment_bytes(&self) -> usize {
        usize::try_from(self.bit_rate * self.segment.as_secs() / 8).unwrap_or(usize::MAX)
    }
}

/// The stream. Dropping it stops the writer.
#[derive(Debug)]
pub struct LiveStream {
    stop: Option<Sender<()>>,
    writer: Option<JoinHandle<()>>,
}

impl LiveStream {
    /// Begins to write into the folder of an event, with a whole window there from the start.
    pub fn start(folder: &Path, shape: Shape) -> io::Result<Self> {
        let video = folder.join("video");
        fs::create_dir_all(&video)?;
        let writer = Writer {
            folder: video,
            shape,
            // MPEG-TS packets that carry nothing.
            segment: std::iter::once(0x47)
                .chain(std::iter::repeat_n(0xff, 187))
                .cycle()
                .take(shape.segment_bytes())
                .collect(),
        };
        let mut next = FIRST;
        while next < FIRST + WINDOW {
            writer.segment(next)?;
            next += 1;
        }
        writer.playlist(next)?;
        let master = format!(
            "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-STREAM-INF:BANDWIDTH={}\nvideo/index.m3u8\n",
            shape.bit_rate
        );
        replace(&folder.join("stream.m3u8"), master.as_bytes())?;
        let (stop, stopped) = mpsc::channel();
        let started = Instant::now();
        let writer = std::thread::spawn(move || {
            let mut due = started + shape.segment;
            while stopped.recv_timeout(due.saturating_duration_since(Instant::now()))
                == Err(RecvTimeoutError::Timeout)
            {
                // A stream that cannot be written any more is seen by its viewers, as late segments.
                if writer
                    .segment(next)
                    .and_then(|()| writer.playlist(next + 1))
                    .is_err()
                {
                    return;
                }
                next += 1;
                due += shape.segment;
            }
        });
        Ok(Self {
            stop: Some(stop),
            writer: Some(writer),
        })
    }
}

impl Drop for LiveStream {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(writer) = self.writer.take() {
            // A panic in there has been printed.
            drop(writer.join());
        }
    }
}

struct Writer {
    folder: PathBuf,
    shape: Shape,
    segment: Vec<u8>,
}

impl Writer {
    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("segment_{number}.ts"))
    }

    fn segment(&self, number: u64) -> io::Result<()> {
        if let Some(old) = number.checked_sub(WINDOW + KEPT).filter(|old| *old >= FIRST) {
            fs::remove_file(self.path(old))?;
        }
        replace(&self.path(number), &self.segment)
    }

    /// Lists the segments before `end`.
    fn playlist(&self, end: u64) -> io::Result<()> {
        let seconds = self.shape.segment.as_secs();
        let first = end.saturating_sub(WINDOW).max(FIRST);
        let age_ms = i64::try_from((end - first) * seconds * 1_000).unwrap_or(0);
        let begins_at = UnixMillis(SystemClock.unix_millis() - age_ms).to_iso();
        let mut text = format!(
            "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:{seconds}\n#EXT-X-MEDIA-SEQUENCE:{first}\n\
             #EXT-X-PROGRAM-DATE-TIME:{begins_at}\n"
        );
        for number in first..end {
            let _ = writeln!(text, "#EXTINF:{seconds}.000,\nsegment_{number}.ts");
        }
        replace(&self.folder.join("index.m3u8"), text.as_bytes())
    }
}

/// Puts a file in its place whole, as careful encoders do.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("tmp");
    fs::write(&unfinished, bytes)?;
    fs::rename(&unfinished, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_has_a_whole_window_at_once_and_its_segments_have_the_bit_rate() {
        let folder = tempfile::tempdir().unwrap();
        let shape = Shape {
            segment: Duration::from_secs(4),
            bit_rate: 300_000,
        };
        let stream = LiveStream::start(folder.path(), shape).unwrap();
        drop(stream);
        let text = fs::read(folder.path().join("video/index.m3u8")).unwrap();
        let m3u8_rs::Playlist::MediaPlaylist(playlist) = m3u8_rs::parse_playlist_res(&text).unwrap() else {
            panic!("a media playlist")
        };
        assert_eq!((playlist.segments.len(), playlist.media_sequence), (6, 1_000));
        assert!(!playlist.end_list);
        for segment in &playlist.segments {
            let path = folder.path().join("video").join(&segment.uri);
            assert_eq!(fs::metadata(path).unwrap().len(), 150_000);
        }
    }

    #[test]
    fn the_window_moves_in_real_time_and_old_segments_go() {
        let folder = tempfile::tempdir().unwrap();
        let writer = Writer {
            folder: folder.path().to_owned(),
            shape: Shape {
                segment: Duration::from_secs(2),
                bit_rate: 8,
            },
            segment: vec![0x47, 0xff],
        };
        for number in FIRST..FIRST + 20 {
            writer.segment(number).unwrap();
        }
        writer.playlist(FIRST + 20).unwrap();
        let text = fs::read_to_string(folder.path().join("index.m3u8")).unwrap();
        assert!(text.contains("#EXT-X-MEDIA-SEQUENCE:1014\n"), "{text}");
        let files = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, usize::try_from(WINDOW + KEPT).unwrap() + 1);
    }
}
