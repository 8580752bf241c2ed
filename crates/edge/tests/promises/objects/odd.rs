//! Origins that are unusual, and what becomes of them.

use std::time::Duration;

use streamgate_serving::listeners::Tls;

use super::origin::{bytes_of, ok};
use super::{Site, disk};
use crate::sockets::listen_with;
use crate::support::{Rig, until};

#[tokio::test]
async fn an_origin_whose_certificate_nobody_vouches_for_is_unavailable() {
    let (behind, _heard) = Rig::ready().await;
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = behind.folder.path();
    let (chain, key) = (folder.join("chain.pem"), folder.join("key.pem"));
    std::fs::write(&chain, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let (address, shutdown) = listen_with(&behind, Some(Tls::load(&chain, &key).unwrap()));
    let site = Site::with(|settings| {
        let url = format!("https://localhost:{}/live", address.port());
        settings.upstream.origin = Some(url.parse().unwrap());
    })
    .await;
    for name in ["a.ts", "x.m3u8"] {
        let answer = site.rig.watch(name, &[]).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (502, "source_unavailable")
        );
    }
    shutdown.cancel();
}

#[tokio::test]
async fn what_an_origin_says_of_keeping_is_for_others_and_an_object_is_fetched_once() {
    let site = Site::new().await;
    let mut script = ok(b"bytes");
    let super::origin::Step::Send(head) = &mut script[0] else {
        unreachable!()
    };
    let said = b"HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nVary: *\r\nExpires: 0\r\nPragma: no-cache\r\n";
    head.splice(..b"HTTP/1.1 200 OK\r\n".len(), said.iter().copied());
    site.origin.script("/live/evt/a.ts", vec![script]);
    for _ in 0..3 {
        let answer = site.rig.watch("a.ts", &[]).await;
        assert_eq!((answer.status, answer.text()), (200, "bytes"));
        assert_eq!(answer.header("cache-control"), "private, max-age=60");
        disk::until_stored(&site).await;
    }
    assert_eq!(site.origin.gets("/live/evt/a.ts"), 1);
}

#[tokio::test]
async fn names_of_any_language_reach_the_origin_encoded_once() {
    let site = Site::new().await;
    let target = "/live/evt/h%C3%B6her/%E7%89%87%20100.ts";
    site.origin.script(target, vec![ok(&bytes_of(target, 100))]);
    let playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhöher/片%20100.ts\n";
    site.origin
        .script("/live/evt/x.m3u8", vec![ok(playlist.as_bytes())]);
    assert_eq!(site.rig.watch("x.m3u8", &[]).await.text(), playlist);
    for _ in 0..2 {
        let answer = site.rig.watch("h%C3%B6her/%E7%89%87%20100.ts", &[]).await;
        let asked: Vec<String> = site
            .origin
            .asked()
            .into_iter()
            .map(|asked| asked.target)
            .collect();
        assert_eq!(answer.status, 200, "{asked:?}");
        assert!(answer.body == bytes_of(target, 100));
    }
    assert_eq!(site.origin.gets(target), 1);
}

#[tokio::test]
async fn a_playlist_with_line_ends_and_spaces_of_its_own_keeps_them_and_is_understood() {
    let site = Site::new().await;
    let playlist = "#EXTM3U \r\n#EXT-X-TARGETDURATION:4 \r\n#EXTINF:4, \r\n0.ts  \r\n";
    let target = "/live/evt/x.m3u8";
    site.origin.script(target, vec![ok(playlist.as_bytes())]);
    assert_eq!(site.rig.watch("x.m3u8", &[]).await.text(), playlist);
    // It is listed, so it is waited for.
    let missing = super::origin::status("404 Not Found", "");
    site.origin.script("/live/evt/0.ts", vec![missing, ok(b"late")]);
    assert_eq!(site.rig.watch("0.ts", &[]).await.text(), "late");
    until(|| (disk::objects(&site).len() == 1).then_some(())).await;
    site.rig.clock.advance(Duration::from_secs(1));
    let ended = [playlist, "#EXT-X-ENDLIST \r\n"].concat();
    site.origin.script(target, vec![ok(ended.as_bytes())]);
    let answer = site.rig.watch("x.m3u8", &[]).await;
    assert_eq!(answer.text(), ended);
}
