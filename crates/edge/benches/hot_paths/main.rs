//! Does one thing that every request needs, a number of times: `hot_paths NAME TIMES`. For counting instructions, not
//! for timing: a step of `cargo xtask test` runs it under valgrind and knows how many each may take.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::missing_docs_in_private_items,
    reason = "a program for developers, whose failure is its message"
)]

mod rig;

use std::hint::black_box;

use http::StatusCode;
use http::request::Parts;
use streamgate_contract::media_path::MediaPath;
use streamgate_contract::playback_token::Verifier;

use rig::{PEER, Rig, claims, deny_state, now, request, revoked_claims, secret, token};

const SEGMENT: &str = "/streams/evt/720p/seg1.ts";
const PLAYLIST: &str = "/streams/evt/720p/live.m3u8";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, times] = arguments.as_slice() else {
        println!("usage: hot_paths NAME TIMES");
        return;
    };
    run(name, times.parse().unwrap());
}

fn run(name: &str, times: u32) {
    let token = token(&claims());
    let ask = |target: &str, token: &str, headers: &[(&str, &str)], status: StatusCode| {
        answer(&request(target, token, headers), status, times);
    };
    match name {
        "token" => {
            let (verifier, now) = (Verifier::new(&secret(), None), now());
            for _ in 0..times {
                black_box(verifier.verify(black_box(&token), now)).unwrap();
            }
        }
        "path" => {
            for _ in 0..times {
                black_box(MediaPath::from_request(black_box(SEGMENT))).unwrap();
            }
        }
        // One alone would drown in how a table of 10,000 happens to be built.
        "100-denials" => {
            let (state, claims) = (deny_state(), claims());
            for _ in 0..100 * times {
                assert!(state.decide(black_box(&claims)).is_none());
            }
        }
        "segment" => ask(SEGMENT, &token, &[], StatusCode::OK),
        "range" => ask(
            SEGMENT,
            &token,
            &[("range", "bytes=100-199")],
            StatusCode::PARTIAL_CONTENT,
        ),
        "not-modified" => ask(
            SEGMENT,
            &token,
            &[("if-none-match", "*")],
            StatusCode::NOT_MODIFIED,
        ),
        "playlist" => ask(PLAYLIST, &token, &[], StatusCode::OK),
        "rewritten-playlist" => ask(&format!("{PLAYLIST}?__token={token}"), "", &[], StatusCode::OK),
        "revoked" => ask(
            SEGMENT,
            &rig::token(&revoked_claims()),
            &[],
            StatusCode::FORBIDDEN,
        ),
        "forged" => ask(SEGMENT, &format!("{token}A"), &[], StatusCode::FORBIDDEN),
        _ => panic!("there is no `{name}`"),
    }
}

/// Has an edge answer a request again and again. The body is not read: what it costs is the kernel's work.
fn answer(request: &Parts, status: StatusCode, times: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let rig = Rig::start().await;
        rig.keep_open(request.uri.path());
        for _ in 0..times {
            let answer = rig.edge.handle(black_box(request.clone()), PEER).await;
            assert_eq!(answer.status(), status);
        }
    });
}
