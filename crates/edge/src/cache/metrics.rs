//! The cache's figures for whoever watches an edge: counts since the start, and what there is now.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use streamgate_serving::metrics::gauge;

use super::ObjectCache;

/// Looks at a cache when somebody asks.
#[derive(Debug)]
pub(crate) struct CacheCollector(pub(crate) Arc<ObjectCache>);

impl Collector for CacheCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let figures = self.0.figures();
        for (name, help, count) in [
            (
                "cache_hits",
                "Objects answered from the cache's disk",
                figures.hits,
            ),
            (
                "cache_fills",
                "Fetches from upstreams that were begun",
                figures.fills,
            ),
            (
                "cache_waits",
                "Requests that joined a fetch under way",
                figures.waits,
            ),
            (
                "cache_checks",
                "Stored objects that an upstream was asked about before they were served again",
                figures.checks,
            ),
            ("cache_failures", "Fetches that failed", figures.failures),
            (
                "cache_passes",
                "Fetched objects that could not be stored",
                figures.passes,
            ),
            (
                "upstream_bytes",
                "Bytes that came from upstreams",
                figures.fetched_bytes,
            ),
            (
                "cache_evictions",
                "Objects removed to make room or for their age",
                figures.evictions,
            ),
            (
                "cache_evicted_bytes",
                "Bytes that this freed",
                figures.evicted_bytes,
            ),
            (
                "cache_disk_errors",
                "Failures of the cache's file system",
                figures.disk_errors,
            ),
        ] {
            let counter = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(count).encode(counter)?;
        }
        for (name, help, figure) in [
            ("cache_objects", "Objects that are stored", figures.objects),
            ("cache_bytes", "Bytes that they take", figures.bytes),
            ("cache_events", "Events that they belong to", figures.events),
            ("cache_filling", "Fetches under way or just over", figures.filling),
        ] {
            gauge(
                &mut encoder,
                name,
                help,
                i64::try_from(figure).unwrap_or(i64::MAX),
            )?;
        }
        Ok(())
    }
}
