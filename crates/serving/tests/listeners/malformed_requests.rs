//! promises: requests that are too large or that two readers could frame differently are refused, and the
//! connection ends with them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{SHORT, Server, patient};
use streamgate_serving::listeners::Limits;

const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n";

async fn refused(head: &str) {
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seen);
    let server = Server::start(
        Limits {
            idle_timeout: SHORT,
            ..patient()
        },
        move |request| {
            counted.fetch_add(usize::from(request.uri().path() == "/smuggled"), Ordering::SeqCst);
            crate::support::hello(request)
        },
    );
    let answer = server
        .exchange(format!("POST / HTTP/1.1\r\nhost: a\r\n{head}\r\n\r\n{SMUGGLED}").as_bytes())
        .await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{head:?}: {answer}");
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{head:?}: {answer}");
    assert_eq!(seen.load(Ordering::SeqCst), 0, "{head:?}");
}

// H-01
#[tokio::test]
async fn a_request_with_a_length_and_a_coding_never_lets_a_second_one_through() {
    for head in [
        "content-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nX",
        "transfer-encoding: chunked\r\ncontent-length: 6\r\n\r\n0\r\n\r\nX",
        "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0",
    ] {
        let server = Server::hello(Limits {
            idle_timeout: SHORT,
            ..patient()
        });
        let answer = server
            .exchange(format!("POST / HTTP/1.1\r\nhost: a\r\n{head}\r\n\r\n{SMUGGLED}").as_bytes())
            .await;
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{head:?}: {answer}");
    }
}

// H-02
#[tokio::test]
async fn unclear_lengths_are_refused() {
    for length in [
        "content-length: 1\r\ncontent-length: 2",
        "content-length: 1, 2",
        "content-length: +5",
        "content-length: 0x5",
        "content-length: -0",
        "content-length: 18446744073709551616",
        "content-length: 007",
        "content-length:",
    ] {
        refused(length).await;
    }
}

// H-03
#[tokio::test]
async fn codings_other_than_chunked_are_refused() {
    for coding in [
        "transfer-encoding: xchunked",
        "transfer-encoding: chunked, identity",
        "transfer-encoding: identity, chunked",
        "transfer-encoding: \x0bchunked",
        "transfer-encoding\t: chunked",
        "transfer-encoding : chunked",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity",
        "transfer-encoding: identity\r\ntransfer-encoding: chunked",
    ] {
        refused(coding).await;
    }
}

// H-14
#[tokio::test]
async fn more_headers_than_allowed_are_answered_431() {
    let server = Server::hello(patient());
    let head = |count: usize| {
        let fields = "x: 1\r\n".repeat(count);
        format!("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{fields}\r\n")
    };
    assert!(
        server
            .exchange(head(98).as_bytes())
            .await
            .starts_with("HTTP/1.1 200")
    );
    assert!(
        server
            .exchange(head(99).as_bytes())
            .await
            .starts_with("HTTP/1.1 431")
    );
}

// H-14
#[tokio::test]
async fn a_head_larger_than_allowed_is_answered_431_or_cut() {
    let server = Server::hello(patient());
    for size in [17 * 1024, 64 * 1024, 1024 * 1024] {
        let head = format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(size));
        let answer = server.exchange(head.as_bytes()).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
            "{size}: {answer}"
        );
    }
    assert!(
        server
            .exchange(b"GET / HTTP/1.0\r\n\r\n")
            .await
            .starts_with("HTTP/1.0 200")
    );
}

// H-14: the target counts as the head does.
#[tokio::test]
async fn a_target_larger_than_a_head_may_be_is_refused_or_cut() {
    let server = Server::hello(patient());
    for size in [17 * 1024, 1024 * 1024] {
        let head = format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "y".repeat(size));
        let answer = server.exchange(head.as_bytes()).await;
        let refused = ["HTTP/1.1 414", "HTTP/1.1 431"];
        assert!(
            answer.is_empty() || refused.iter().any(|status| answer.starts_with(status)),
            "{size}: {answer}"
        );
    }
}

// H-05, H-06: heads that readers understand differently.
#[tokio::test]
async fn heads_that_readers_understand_differently_are_refused() {
    for head in [
        "GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\n 2\r\n\r\n",
        "GET / HTTP/1.1\r\nhost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx: a\rb\r\n\r\n",
        "GET / HTTP/1.2\r\nhost: a\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/1.1 \r\nhost: a\r\n\r\n",
    ] {
        let server = Server::hello(Limits {
            idle_timeout: SHORT,
            ..patient()
        });
        let answer = server.exchange(format!("{head}{SMUGGLED}").as_bytes()).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 400"),
            "{head:?}: {answer}"
        );
        assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{head:?}: {answer}");
    }
}
