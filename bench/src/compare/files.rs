//! The files of the rows: what a live stream has in its folder.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

/// Bytes of a live playlist with six segments.
pub(super) const PLAYLIST_BYTES: usize = 300;
/// Seconds of a segment.
const TARGET_SECS: u64 = 2;
const WINDOW: u64 = 6;
const KIB: usize = 1_024;

/// Names and sizes of the segments that are measured.
pub(super) const SEGMENTS: [(&str, usize); 3] = [
    ("64k.ts", 64 * KIB),
    ("1m.ts", 1_024 * KIB),
    ("6m.ts", 6 * 1_024 * KIB),
];
/// The playlist that is measured.
pub(super) const PLAYLIST: &str = "live.m3u8";

/// Writes all into an event's folder: segments with bytes that differ from place to place, and the playlist.
pub(super) fn write(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (name, bytes) in SEGMENTS {
        segment(&folder.join(name), bytes)?;
    }
    for number in 0..WINDOW {
        segment(&folder.join(format!("s{number}.ts")), 64 * KIB)?;
    }
    replace_playlist(folder, 0)
}

fn segment(path: &Path, bytes: usize) -> io::Result<()> {
    // 251 is prime, so no two pages are alike.
    let pattern = (0..=250_u8).cycle().take(bytes);
    fs::write(path, pattern.collect::<Vec<u8>>())?;
    // An encoder has been done with it for a while.
    let file = File::options().write(true).open(path)?;
    let written = file.metadata()?.modified()?;
    file.set_modified(written - Duration::from_mins(1))
}

/// Returns the `number`th version of a live playlist, always of [`PLAYLIST_BYTES`] bytes.
pub(super) fn live_playlist(number: u64) -> Vec<u8> {
    // The listed names come round again, so that each of them is a file.
    let listed = (number..number + WINDOW).fold(String::new(), |text, at| {
        format!("{text}#EXTINF:{TARGET_SECS}.000,\ns{}.ts\n", at % WINDOW)
    });
    let head = format!(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:{TARGET_SECS}\n#EXT-X-MEDIA-SEQUENCE:{:06}\n",
        number + 1_000
    );
    let mut text = format!("{head}#EXT-X-INDEPENDENT-SEGMENTS\n{listed}").into_bytes();
    // A comment makes up the length.
    let room = PLAYLIST_BYTES.saturating_sub(text.len() + 2);
    text.push(b'#');
    text.extend(std::iter::repeat_n(b'.', room));
    text.push(b'\n');
    text
}

fn replace_playlist(folder: &Path, number: u64) -> io::Result<()> {
    let unfinished = folder.join("live.tmp");
    fs::write(&unfinished, live_playlist(number))?;
    fs::rename(unfinished, folder.join(PLAYLIST))
}

/// Replaces the playlist as an encoder does, as long as it lives.
pub(super) struct Encoder {
    stop: Option<Sender<()>>,
    writer: Option<JoinHandle<()>>,
}

impl Encoder {
    pub(super) fn start(folder: &Path) -> Self {
        let (stop, stopped) = mpsc::channel();
        let folder = folder.to_owned();
        let writer = std::thread::spawn(move || {
            let mut number = 1;
            while stopped.recv_timeout(Duration::from_secs(TARGET_SECS)) == Err(RecvTimeoutError::Timeout) {
                if replace_playlist(&folder, number).is_err() {
                    return;
                }
                number += 1;
            }
        });
        Self {
            stop: Some(stop),
            writer: Some(writer),
        }
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(writer) = self.writer.take() {
            drop(writer.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_of_the_playlist_is_a_live_one_of_300_bytes() {
        for number in [0, 1, 7, 999_000] {
            let text = live_playlist(number);
            assert_eq!(text.len(), PLAYLIST_BYTES, "{}", String::from_utf8_lossy(&text));
            let playlist = m3u8_rs::parse_media_playlist_res(&text).unwrap();
            assert_eq!(
                (playlist.segments.len(), playlist.media_sequence),
                (6, number + 1_000)
            );
            assert!(!playlist.end_list);
        }
    }

    #[test]
    fn every_listed_segment_is_a_file() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).unwrap();
        drop(Encoder::start(folder.path()));
        let text = fs::read(folder.path().join(PLAYLIST)).unwrap();
        for segment in m3u8_rs::parse_media_playlist_res(&text).unwrap().segments {
            assert_eq!(
                fs::metadata(folder.path().join(segment.uri)).unwrap().len(),
                65_536
            );
        }
    }
}
