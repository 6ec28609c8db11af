//! Metrics for Prometheus.

use std::sync::OnceLock;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// The format of `GET /metrics`.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the buckets, in seconds.
const BUCKETS: [f64; 14] =
    [1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    latencies: Family<RouteLabels, Histogram, fn() -> Histogram>,
    streams: Gauge,
    fixtures: Family<[Label; 1], Counter>,
    faults: Family<[Label; 1], Counter>,
}

type Label = (&'static str, &'static str);

// Values come from our own lists, never from a client: each new one takes memory until the server stops.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    #[prometheus(flatten)]
    route: RouteLabels,
    status: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    provider: &'static str,
    route: &'static str,
}

/// The metrics of a route, found without a search after the first time.
#[derive(Debug)]
pub(crate) struct RouteMetrics {
    labels: RouteLabels,
    latencies: OnceLock<Histogram>,
    successes: OnceLock<Counter>,
}

impl RouteMetrics {
    /// `provider` and `route` come from our own lists, not from the client.
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
            latencies: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            streams: Gauge::default(),
            fixtures: Family::default(),
            faults: Family::default(),
            registry: Registry::default(),
        };
        registry.register("requests", "Requests answered", metrics.requests.clone());
        registry.register_with_unit(
            "latency",
            "From the arrival of a request to the head of its response",
            Unit::Seconds,
            metrics.latencies.clone(),
        );
        registry.register("open_streams", "Streams being sent", metrics.streams.clone());
        registry.register("fixtures", "Requests looked up in fixtures", metrics.fixtures.clone());
        registry.register("faults", "Faults on purpose", metrics.faults.clone());
        Self { registry, ..metrics }
    }

    pub(crate) fn request(&self, route: &RouteMetrics, status: u16, took: Duration) {
        let labels = RequestLabels { route: route.labels, status };
        let count = || self.requests.get_or_create_owned(&labels);
        if status == 200 {
            route.successes.get_or_init(count).inc();
        } else {
            count().inc();
        }
        let latencies = || self.latencies.get_or_create_owned(&route.labels);
        route.latencies.get_or_init(latencies).observe(took.as_secs_f64());
    }

    pub(crate) fn stream(&self) -> OpenStream {
        self.streams.inc();
        OpenStream(self.streams.clone())
    }

    pub(crate) fn fixture(&self, hit: bool) {
        let result = if hit { "hit" } else { "miss" };
        self.fixtures.get_or_create(&[("result", result)]).inc();
    }

    pub(crate) fn fault(&self, kind: &'static str) {
        self.faults.get_or_create(&[("kind", kind)]).inc();
    }

    /// All metrics in the format of [`CONTENT_TYPE`].
    pub(crate) fn shown(&self) -> String {
        let mut out = String::new();
        text::encode(&mut out, &self.registry).expect("writing to a string does not fail");
        out
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.dec();
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
    fn counts_latencies_in_their_bucket() {
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
            let found = value(&shown, &line).unwrap_or_else(|| panic!("{line} in\n{shown}"));
            assert!((found - expected).abs() < 1e-9, "{line} in\n{shown}");
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
    fn counts_fixture_lookups_and_faults_by_outcome() {
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
