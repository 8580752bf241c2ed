//! The demo's media, embedded in the program.

use std::path::Path;
use std::time::Duration;

use rust_embed::RustEmbed;

/// `demo/media`: a master playlist and two renditions with equal segment names.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../demo/media"]
struct Media;

/// A rendition's folder, its segments in order and how long each lasts.
pub(super) struct Rendition {
    pub(super) folder: String,
    pub(super) segments: Vec<(String, Duration)>,
}

/// Writes the media as a recording: all playlists and segments.
pub(crate) fn write_recording(event_folder: &Path) -> std::io::Result<()> {
    write_files(event_folder, |_| true)
}

/// Writes the master playlist and the segments, without the renditions' playlists.
pub(super) fn write_without_media_playlists(event_folder: &Path) -> std::io::Result<()> {
    write_files(event_folder, |path| !is_media_playlist(path))
}

/// Returns the renditions, as their playlists describe them.
pub(super) fn renditions() -> Vec<Rendition> {
    Media::iter()
        .filter(|path| is_media_playlist(path))
        .filter_map(|path| {
            let folder = path.rsplit_once('/')?.0.to_owned();
            let playlist = Media::get(&path)?;
            Some(Rendition {
                folder,
                segments: segments_of(&String::from_utf8_lossy(&playlist.data)),
            })
        })
        .collect()
}

fn is_media_playlist(path: &str) -> bool {
    path.ends_with("/index.m3u8")
}

fn segments_of(playlist: &str) -> Vec<(String, Duration)> {
    let mut segments = Vec::new();
    let mut duration = None;
    for line in playlist.lines() {
        if let Some(seconds) = line.strip_prefix("#EXTINF:") {
            let seconds = seconds.split(',').next().unwrap_or_default();
            duration = seconds
                .parse()
                .ok()
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        } else if !line.is_empty() && !line.starts_with('#') {
            segments.extend(duration.take().map(|duration| (line.to_owned(), duration)));
        }
    }
    segments
}

fn write_files(event_folder: &Path, wanted: impl Fn(&str) -> bool) -> std::io::Result<()> {
    for path in Media::iter().filter(|path| wanted(path)) {
        let Some(file) = Media::get(&path) else { continue };
        let target = event_folder.join(&*path);
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(target, &file.data)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{renditions, write_recording};

    #[test]
    fn both_renditions_are_embedded_with_equal_names_and_durations() {
        let renditions = renditions();
        let [first, second] = &renditions[..] else {
            panic!("two renditions")
        };
        assert_eq!(first.segments, second.segments);
        assert!(first.segments.len() >= 6);
    }

    #[test]
    fn a_recording_has_every_file_that_its_playlists_name() {
        let folder = tempfile::tempdir().unwrap();
        write_recording(folder.path()).unwrap();
        assert!(folder.path().join("stream.m3u8").is_file());
        for rendition in renditions() {
            for (segment, _) in rendition.segments {
                assert!(folder.path().join(&rendition.folder).join(segment).is_file());
            }
        }
    }
}
