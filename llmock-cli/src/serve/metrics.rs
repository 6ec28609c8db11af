//! Counts for Prometheus. A request touches a few atomic numbers and waits for nobody.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric, MetricEncoder, NoLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::{MetricType, TypedMetric};
use prometheus_client::registry::{Registry, Unit};

/// What `GET /metrics` answers.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of the buckets, in microseconds.
const BUCKETS: [u64; 14] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000,
    5_000_000, 30_000_000,
];

/// Everything that is counted.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    latencies: Family<RouteLabels, Latencies>,
    streams: Gauge,
    fixtures: Family<FixtureLabels, Counter>,
    faults: Family<FaultLabels, Counter>,
}

// Values come from lists of ours, never from a client: each new one costs memory for ever.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    provider: &'static str,
    route: &'static str,
    status: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    provider: &'static str,
    route: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FixtureLabels {
    result: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FaultLabels {
    kind: &'static str,
}

/// What is counted at a route, found without a search after the first time.
#[derive(Debug)]
pub(crate) struct RouteMetrics {
    labels: RouteLabels,
    latencies: OnceLock<Latencies>,
    successes: OnceLock<Counter>,
}

impl RouteMetrics {
    /// `provider` and `route` come from lists, not from the client.
    pub(crate) fn new(provider: &'static str, route: &'static str) -> Self {
        let labels = RouteLabels { provider, route };
        Self { labels, latencies: OnceLock::new(), successes: OnceLock::new() }
    }
}

/// A stream that is being sent; counted until it is dropped.
#[derive(Debug)]
pub(crate) struct OpenStream(Gauge);

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("llmock");
        let metrics = Self {
            requests: Family::default(),
            latencies: Family::default(),
            streams: Gauge::default(),
            fixtures: Family::default(),
            faults: Family::default(),
            registry: Registry::default(),
        };
        registry.register("requests", "Requests answered", metrics.requests.clone());
        registry.register_with_unit(
            "latency",
            "From the arrival of a request to the head of its answer",
            Unit::Seconds,
            metrics.latencies.clone(),
        );
        registry.register("open_streams", "Streams being sent", metrics.streams.clone());
        registry.register("fixtures", "Requests looked up in fixtures", metrics.fixtures.clone());
        registry.register("faults", "Faults on purpose", metrics.faults.clone());
        Self { registry, ..metrics }
    }

    /// A request is answered.
    pub(crate) fn request(&self, route: &RouteMetrics, status: u16, took: Duration) {
        let RouteLabels { provider, route: name } = route.labels;
        let labels = RequestLabels { provider, route: name, status };
        let count = || self.requests.get_or_create_owned(&labels);
        if status == 200 {
            route.successes.get_or_init(count).inc();
        } else {
            count().inc();
        }
        let latencies = || self.latencies.get_or_create_owned(&route.labels);
        route.latencies.get_or_init(latencies).observe(took);
    }

    /// A stream begins.
    pub(crate) fn stream(&self) -> OpenStream {
        self.streams.inc();
        OpenStream(self.streams.clone())
    }

    /// A fixture had the answer, or none had.
    pub(crate) fn fixture(&self, hit: bool) {
        let result = if hit { "hit" } else { "miss" };
        self.fixtures.get_or_create(&FixtureLabels { result }).inc();
    }

    /// A fault of that name took place.
    pub(crate) fn fault(&self, kind: &'static str) {
        self.faults.get_or_create(&FaultLabels { kind }).inc();
    }

    /// All counts, in the format of [`CONTENT_TYPE`].
    pub(crate) fn shown(&self) -> String {
        let mut out = String::new();
        text::encode(&mut out, &self.registry).expect("a string takes whatever is written");
        out
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A histogram without the lock that the library's own takes with each observation.
#[derive(Clone, Debug, Default)]
struct Latencies(Arc<Observed>);

#[derive(Debug, Default)]
struct Observed {
    /// The last one has no upper end.
    buckets: [AtomicU64; BUCKETS.len() + 1],
    microseconds: AtomicU64,
}

impl Latencies {
    fn observe(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BUCKETS.partition_point(|end| *end < took);
        self.0.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.0.microseconds.fetch_add(took, Ordering::Relaxed);
    }
}

impl TypedMetric for Latencies {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Latencies {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let seconds = |microseconds: u64| Duration::from_micros(microseconds).as_secs_f64();
        let ends = BUCKETS.iter().map(|end| seconds(*end)).chain([f64::INFINITY]);
        let counts = self.0.buckets.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = ends.zip(counts).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = seconds(self.0.microseconds.load(Ordering::Relaxed));
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of the line that begins so.
    fn value(shown: &str, line: &str) -> Option<f64> {
        let found = shown.lines().find_map(|one| one.strip_prefix(line)?.strip_prefix(' '))?;
        found.parse().ok()
    }

    #[test]
    fn requests_are_counted_by_provider_route_and_status() {
        let metrics = Metrics::new();
        for (provider, status) in [("openai", 200), ("openai", 200), ("openai", 429), ("groq", 200)]
        {
            let chat = RouteMetrics::new(provider, "chat");
            metrics.request(&chat, status, Duration::from_millis(1));
        }
        let shown = metrics.shown();
        for (provider, status, count) in
            [("openai", 200, 2.0), ("openai", 429, 1.0), ("groq", 200, 1.0)]
        {
            let line = format!(
                r#"llmock_requests_total{{provider="{provider}",route="chat",status="{status}"}}"#
            );
            assert_eq!(value(&shown, &line), Some(count), "{line} in\n{shown}");
        }
    }

    #[test]
    fn latencies_fall_into_the_bucket_that_ends_behind_them() {
        let metrics = Metrics::new();
        for microseconds in [0, 100, 101, 1_000, 60_000_000] {
            metrics.request(
                &RouteMetrics::new("openai", "chat"),
                200,
                Duration::from_micros(microseconds),
            );
        }
        let shown = metrics.shown();
        let cases = [
            (r#"bucket{le="0.0001",provider="openai",route="chat"}"#, 2.0),
            (r#"bucket{le="0.00025",provider="openai",route="chat"}"#, 3.0),
            (r#"bucket{le="0.001",provider="openai",route="chat"}"#, 4.0),
            (r#"bucket{le="30.0",provider="openai",route="chat"}"#, 4.0),
            (r#"bucket{le="+Inf",provider="openai",route="chat"}"#, 5.0),
            (r#"count{provider="openai",route="chat"}"#, 5.0),
            (r#"sum{provider="openai",route="chat"}"#, 60.001_201),
        ];
        for (line, expected) in cases {
            let line = format!("llmock_latency_seconds_{line}");
            assert_eq!(value(&shown, &line), Some(expected), "{line} in\n{shown}");
        }
    }

    #[test]
    fn a_stream_is_open_until_it_is_dropped() {
        let metrics = Metrics::new();
        let open = || value(&metrics.shown(), "llmock_open_streams");
        assert_eq!(open(), Some(0.0));
        let (one, two) = (metrics.stream(), metrics.stream());
        assert_eq!(open(), Some(2.0));
        drop(one);
        assert_eq!(open(), Some(1.0));
        drop(two);
        assert_eq!(open(), Some(0.0));
    }

    #[test]
    fn fixtures_and_faults_are_counted_by_what_came_of_them() {
        let metrics = Metrics::new();
        for hit in [true, true, false] {
            metrics.fixture(hit);
        }
        metrics.fault("truncate");
        let shown = metrics.shown();
        for (line, expected) in [
            (r#"llmock_fixtures_total{result="hit"}"#, 2.0),
            (r#"llmock_fixtures_total{result="miss"}"#, 1.0),
            (r#"llmock_faults_total{kind="truncate"}"#, 1.0),
        ] {
            assert_eq!(value(&shown, line), Some(expected), "{line} in\n{shown}");
        }
        assert!(shown.ends_with("# EOF\n"), "{shown}");
    }
}
