//! Measurements of a process, and the listener where an operator reads them.
//!
//! Labels are words of our own and few: what a client sends never becomes one, so that nobody can make the
//! list grow or read a secret in it.

use std::fmt;
use std::io;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::listeners::{self, Limits};

pub use prometheus_client::registry::Registry;

/// Who reads measurements: a scraper or two, and a person with a browser.
const CONNECTIONS_MAX: usize = 32;
const TEXT: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Returns a registry whose names begin with `streamgate`; what every process has is in it.
pub fn registry() -> Registry {
    let mut registry = Registry::with_prefix("streamgate");
    registry.register_collector(Box::new(Process));
    registry
}

/// Returns a histogram of durations in seconds: from a tenth of a millisecond to ten seconds.
pub fn durations() -> Histogram {
    Histogram::new([
        0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0,
    ])
}

/// Writes what `registry` holds at this moment.
pub fn text(registry: &Registry) -> Result<String, fmt::Error> {
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, registry)?;
    Ok(text)
}

/// Answers `GET /metrics` on `listener` until `shutdown`.
pub async fn serve(listener: TcpListener, registry: Registry, shutdown: CancellationToken) -> io::Result<()> {
    let registry = Arc::new(registry);
    let limits = Limits {
        connections_max: CONNECTIONS_MAX,
        ..Limits::default()
    };
    let service = move |request: Request<hyper::body::Incoming>| {
        std::future::ready(answer(request.method(), request.uri().path(), &registry))
    };
    listeners::serve(listener, service, limits, shutdown).await
}

fn answer(method: &Method, path: &str, registry: &Registry) -> Response<Full<Bytes>> {
    let mut response = Response::default();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let status = if path != "/metrics" {
        StatusCode::NOT_FOUND
    } else if method != Method::GET && method != Method::HEAD {
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        StatusCode::METHOD_NOT_ALLOWED
    } else {
        match text(registry) {
            Ok(text) => {
                headers.insert(CONTENT_TYPE, TEXT);
                *response.body_mut() = Full::from(text);
                StatusCode::OK
            }
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    };
    *response.status_mut() = status;
    response
}

/// What the system says of this process.
#[derive(Debug)]
struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let limit = listeners::descriptor_limit();
        let figures = [
            ("process_open_fds", "Open descriptors", open_descriptors()),
            (
                "process_max_fds",
                "Descriptors that may be open",
                i64::try_from(limit).ok(),
            ),
            ("process_resident_bytes", "Memory in use", resident_bytes()),
        ];
        for (name, help, figure) in figures {
            if let Some(figure) = figure {
                gauge(&mut encoder, name, help, figure)?;
            }
        }
        Ok(())
    }
}

/// Writes one figure that goes up and down.
pub fn gauge(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    figure: i64,
) -> Result<(), fmt::Error> {
    let figure = ConstGauge::new(figure);
    figure.encode(encoder.encode_descriptor(
        name,
        help,
        None,
        prometheus_client::metrics::MetricType::Gauge,
    )?)
}

fn open_descriptors() -> Option<i64> {
    // One of them reads the folder.
    let count = std::fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1);
    i64::try_from(count).ok()
}

fn resident_bytes() -> Option<i64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let resident: i64 = pages.split_whitespace().nth(1)?.parse().ok()?;
    let page = i64::try_from(rustix::param::page_size()).ok()?;
    resident.checked_mul(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_get_metrics_is_answered_and_the_text_ends_as_scrapers_want() {
        let registry = registry();
        let status = |method: Method, path: &str| answer(&method, path, &registry).status().as_u16();
        assert_eq!(status(Method::GET, "/metrics"), 200);
        assert_eq!(status(Method::POST, "/metrics"), 405);
        assert_eq!(status(Method::GET, "/"), 404);
        let text = text(&registry).unwrap();
        assert!(
            text.contains("# TYPE streamgate_process_open_fds gauge\n"),
            "{text}"
        );
        assert!(text.ends_with("# EOF\n"));
    }
}
