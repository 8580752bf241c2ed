//! Streams: a small one of plain bytes, and real ones that ffmpeg makes.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::process::Process;

/// What `seg0.ts` of [`small_recording`] holds.
pub(crate) const SEGMENT: &[u8] = b"the bytes of a segment";

/// Writes a recording of one segment that no decoder would like, for tests that look at answers only.
pub(crate) fn small_recording(folder: &Path) {
    fs::write(folder.join("seg0.ts"), SEGMENT).unwrap();
    let playlist = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n\
                    #EXTINF:2.0,\nseg0.ts\n#EXT-X-ENDLIST\n";
    fs::write(folder.join("stream.m3u8"), playlist).unwrap();
}

/// The shapes that encoders write.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// MPEG-TS, two renditions in folders of their own whose segments have equal names, and a master.
    NestedTs,
    /// fMP4 with an init segment.
    Fmp4,
}

const SOURCE: &[&str] = &[
    "-f",
    "lavfi",
    "-i",
    "testsrc2=s=160x90:r=25",
    "-f",
    "lavfi",
    "-i",
    "sine=r=48000",
];
const ENCODER: &[&str] = &[
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    "-pix_fmt",
    "yuv420p",
    "-g",
    "25",
    "-sc_threshold",
    "0",
    "-c:a",
    "aac",
];

/// Writes three seconds of picture and sound in `shape`, with `stream.m3u8` as the entry.
pub(crate) fn record(folder: &Path, shape: Shape) {
    let mut command = Command::new("ffmpeg");
    command
        .current_dir(folder)
        .args(["-v", "error", "-y"])
        .args(SOURCE);
    match shape {
        Shape::NestedTs => {
            for name in ["360p", "720p"] {
                fs::create_dir(folder.join(name)).unwrap();
            }
            command
                .args([
                    "-t", "3", "-map", "0:v", "-map", "1:a", "-map", "0:v", "-map", "1:a",
                ])
                .args(ENCODER)
                .args(["-filter:v:1", "scale=320:180", "-b:v:0", "100k", "-b:v:1", "300k"])
                .args(["-f", "hls", "-hls_time", "1", "-hls_playlist_type", "vod"])
                .args(["-var_stream_map", "v:0,a:0,name:360p v:1,a:1,name:720p"])
                .args([
                    "-master_pl_name",
                    "stream.m3u8",
                    "-hls_segment_filename",
                    "%v/%03d.ts",
                ])
                .arg("%v/index.m3u8");
        }
        Shape::Fmp4 => {
            command
                .args(["-t", "3"])
                .args(ENCODER)
                .args(["-f", "hls", "-hls_time", "1", "-hls_playlist_type", "vod"])
                .args(["-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", "init.mp4"])
                .args(["-hls_segment_filename", "%03d.m4s", "stream.m3u8"]);
        }
    }
    let output = command
        .stdin(Stdio::null())
        .output()
        .expect("ffmpeg is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Starts an encoder that writes a live stream into `folder` at the speed of life until it is dropped.
pub(crate) fn live_encoder(folder: &Path, logs: &Path) -> Process {
    let mut command = Command::new("ffmpeg");
    command
        .current_dir(folder)
        .args(["-v", "error", "-y", "-re"])
        .args(SOURCE.get(..4).unwrap())
        .arg("-re")
        .args(SOURCE.get(4..).unwrap())
        .args(ENCODER)
        .args(["-f", "hls", "-hls_time", "1", "-hls_list_size", "6"])
        .args([
            "-hls_flags",
            "delete_segments+temp_file",
            "-hls_segment_filename",
            "%05d.ts",
            "stream.m3u8",
        ])
        .stdin(Stdio::null());
    Process::spawn(command, logs, "encoder")
}
