//! A real encoder, a plain origin, the edge between, and a real player.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use streamgate_serving::clock::{Clock as _, SystemClock};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::follow_the_wall;
use crate::sockets::listen;
use crate::support::{Answer, Connection, Rig, until};

/// What `hls_time` says below.
const TARGET: Duration = Duration::from_secs(1);

/// Serves the files of a folder under `/evt/`, as any web server does.
async fn static_origin(folder: PathBuf) -> url::Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, folder.clone()));
        }
    });
    format!("http://{address}/").parse().unwrap()
}

async fn serve(socket: TcpStream, folder: PathBuf) {
    let (reader, mut writer) = socket.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut target = None;
    while let Ok(Some(line)) = lines.next_line().await {
        if !line.is_empty() {
            let path = || line.split(' ').nth(1).map(str::to_owned);
            target = target.or_else(path);
            continue;
        }
        let name = target.take().unwrap();
        let file = folder.join(name.trim_start_matches("/evt/"));
        let answer = match fs::read(&file) {
            Ok(body) => {
                let modified = file.metadata().unwrap().modified().unwrap();
                let date = httpdate::fmt_http_date(modified);
                let head = format!(
                    "HTTP/1.1 200 OK\r\nLast-Modified: {date}\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                [head.into_bytes(), body].concat()
            }
            Err(_) => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
        };
        if writer.write_all(&answer).await.is_err() {
            return;
        }
    }
}

/// A file for each segment.
const FILES: &[&str] = &[
    "-hls_list_size",
    "6",
    "-hls_flags",
    "temp_file",
    "-hls_segment_filename",
    "%03d.ts",
];

/// An encoder that writes a live stream at the speed of life, `source` seconds of it, and ends it properly.
fn encoder(folder: &Path, picture: &str, seconds: &str, form: &[&str]) -> Child {
    Command::new("ffmpeg")
        .current_dir(folder)
        .args([
            "-v", "error", "-y", "-re", "-f", "lavfi", "-i", picture, "-t", seconds,
        ])
        .args([
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-pix_fmt",
            "yuv420p",
            "-g",
            "25",
        ])
        .args(["-f", "hls", "-hls_time", "1"])
        .args(form)
        .arg("index.m3u8")
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

/// What the edge shows once it shows an ended stream, or one that goes on.
async fn showing(rig: &Rig, is_ended: bool) -> Answer {
    for _ in 0..1000 {
        let answer = rig.watch("stream.m3u8", &[]).await;
        if answer.text().contains("#EXT-X-ENDLIST") == is_ended {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the edge never showed it");
}

/// An edge at work beside an encoder, until this is dropped.
struct OnAir {
    address: SocketAddr,
    shutdown: CancellationToken,
    ticking: JoinHandle<()>,
    _feed: Connection,
}

impl OnAir {
    /// Starts the edge by the wall's clock, so that what the encoder writes now is new to it too.
    async fn begin(rig: &mut Rig) -> Self {
        rig.clock.set(SystemClock.unix_millis());
        let feed = rig.start().await;
        let (address, shutdown) = listen(rig);
        Self {
            address,
            shutdown,
            ticking: follow_the_wall(rig),
            _feed: feed,
        }
    }

    /// Where a player finds the stream.
    fn url(&self, rig: &Rig) -> String {
        format!(
            "http://{}/t/{}/streams/evt/stream.m3u8",
            self.address,
            rig.token()
        )
    }
}

impl Drop for OnAir {
    fn drop(&mut self) {
        self.ticking.abort();
        self.shutdown.cancel();
    }
}

/// Has a player play two seconds of what is at `url`.
async fn play(url: String) {
    let played = tokio::task::spawn_blocking(move || {
        Command::new("ffmpeg")
            .args(["-v", "error", "-t", "2", "-i", &url, "-f", "null", "-"])
            .stdin(Stdio::null())
            .output()
            .unwrap()
    });
    let played = played.await.unwrap();
    let errors = String::from_utf8_lossy(&played.stderr);
    assert!(played.status.success() && errors.is_empty(), "{errors}");
}

/// The last segment that a playlist lists as a range of a file: its name, and which bytes.
fn last_range(playlist: &str) -> Option<(usize, &str, usize, usize)> {
    let mut lines = playlist.lines().skip_while(|line| !line.starts_with("#EXTINF"));
    let (mut last, mut count) = (None, 0);
    while let Some(line) = lines.next() {
        let Some(range) = line.strip_prefix("#EXT-X-BYTERANGE:") else {
            continue;
        };
        count += 1;
        let (length, start) = range.split_once('@')?;
        last = Some((count, lines.next()?, start.parse().ok()?, length.parse().ok()?));
    }
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_stream_in_one_growing_file_plays_from_disk_and_through_the_cache() {
    for (is_local, segments) in [
        (true, "mpegts"),
        (false, "mpegts"),
        (true, "fmp4"),
        (false, "fmp4"),
    ] {
        let stored = std::sync::Arc::new(tempfile::tempdir().unwrap());
        let folder = stored.path().join("streams/evt");
        fs::create_dir_all(&folder).unwrap();
        let origin = static_origin(folder.clone()).await;
        let mut rig = Rig::with(stored, |settings| {
            if !is_local {
                settings.stream_root = None;
                settings.upstream.origin = Some(origin);
            }
        });
        let on_air = OnAir::begin(&mut rig).await;
        let form = [
            "-hls_list_size",
            "0",
            "-hls_flags",
            "single_file",
            "-hls_segment_type",
            segments,
        ];
        let mut show = encoder(&folder, "testsrc2=s=160x90:r=25", "60", &form);
        for wanted in [1, 3] {
            let started = Instant::now();
            loop {
                let playlist = rig.watch("stream.m3u8", &[]).await;
                let last = last_range(playlist.text()).filter(|(count, ..)| *count >= wanted);
                if let Some((_, name, start, length)) = last {
                    let range = format!("bytes={start}-{}", start + length - 1);
                    let answer = rig.watch(name, &[("range", &range)]).await;
                    let file = fs::read(folder.join(name)).unwrap();
                    assert_eq!(answer.status, 206, "{name} {range}");
                    assert!(answer.body == file[start..start + length], "{name} {range}");
                    break;
                }
                assert!(started.elapsed() < Duration::from_secs(30), "{}", playlist.text());
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        play(on_air.url(&rig)).await;
        show.kill().unwrap();
        show.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_player_plays_a_live_encoder_through_the_edge_and_the_encoder_may_begin_anew() {
    let encoded = tempfile::tempdir().unwrap();
    let folder = encoded.path().to_owned();
    let origin = static_origin(folder.clone()).await;
    let mut rig = Rig::with(std::sync::Arc::new(tempfile::tempdir().unwrap()), |settings| {
        settings.stream_root = None;
        settings.upstream.origin = Some(origin);
    });
    let on_air = OnAir::begin(&mut rig).await;

    let mut rehearsal = encoder(&folder, "testsrc2=s=160x90:r=25", "5", FILES);
    until(|| folder.join("001.ts").is_file().then_some(())).await;
    play(on_air.url(&rig)).await;

    tokio::task::spawn_blocking(move || rehearsal.wait().unwrap())
        .await
        .unwrap();
    let ended = showing(&rig, true).await;
    assert!(ended.text().contains("000.ts"));
    let old = rig.watch("000.ts", &[]).await.body;
    assert!(old == fs::read(folder.join("000.ts")).unwrap());

    // The same names at the same address, at once.
    let index = folder.join("index.m3u8");
    let mut show = encoder(&folder, "smptebars=s=160x90:r=25", "30", FILES);
    until(|| (!fs::read_to_string(&index).ok()?.contains("ENDLIST")).then_some(())).await;
    let published = Instant::now();
    while rig
        .watch("stream.m3u8", &[])
        .await
        .text()
        .contains("#EXT-X-ENDLIST")
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let waited = published.elapsed();
    assert!(waited <= TARGET + Duration::from_millis(500), "{waited:?}");
    let new = rig.watch("000.ts", &[]).await.body;
    assert!(new != old && new == fs::read(folder.join("000.ts")).unwrap());
    show.kill().unwrap();
    show.wait().unwrap();
}
