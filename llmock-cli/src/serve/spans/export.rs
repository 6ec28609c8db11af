//! The way of spans to a collector: OTLP over HTTP.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};

use crate::output::serving;

/// How long the collector may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where collectors take spans: <https://opentelemetry.io/docs/specs/otlp/#otlphttp-request>.
const PATH: &str = "/v1/traces";

/// An exporter to the collector at this URL; `/v1/traces` is added to one without a path.
pub(super) fn exporter(endpoint: &str) -> Result<SpanExporter, String> {
    let url = url_of_traces(endpoint);
    let client = Client { url: url.clone(), ..Client::default() };
    SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(url)
        .with_timeout(PATIENCE)
        .build()
        .map_err(|error| error.to_string())
}

fn url_of_traces(endpoint: &str) -> String {
    let base = endpoint.trim_end_matches('/');
    let has_path = base.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
    if has_path { base.to_owned() } else { format!("{base}{PATH}") }
}

/// Sends spans, and reports the first that cannot be sent. Used by the thread of the exporter alone, which may block.
#[derive(Debug, Default)]
struct Client {
    url: String,
    /// Made on that thread: it must not be made where async code runs.
    http: OnceLock<reqwest::blocking::Client>,
    is_reported: AtomicBool,
}

type Sent<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

impl HttpClient for Client {
    fn send_bytes<'a, 'sent>(&'a self, request: Request<Bytes>) -> Sent<'sent>
    where
        'a: 'sent,
        Self: 'sent,
    {
        Box::pin(async move {
            let sent = self.send(request);
            if let Err(why) = &sent {
                self.report(why.as_ref());
            }
            sent
        })
    }
}

impl Client {
    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let http = if let Some(http) = self.http.get() {
            http
        } else {
            let made = reqwest::blocking::Client::builder().timeout(PATIENCE).build()?;
            self.http.get_or_init(|| made)
        };
        let response = http.execute(request.try_into()?)?.error_for_status()?;
        let status = response.status();
        Ok(Response::builder().status(status).body(response.bytes()?)?)
    }

    fn report(&self, why: &(dyn std::error::Error + 'static)) {
        if self.is_reported.swap(true, Ordering::Relaxed) {
            return;
        }
        let mut last = why;
        while let Some(source) = last.source() {
            last = source;
        }
        serving::note(&format!(
            "no spans are sent to `{}` (`otlp-endpoint`): {last}; everything else goes on",
            self.url
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_path_gets_the_one_of_traces() {
        for (endpoint, url) in [
            ("http://localhost:4318", "http://localhost:4318/v1/traces"),
            ("http://localhost:4318/", "http://localhost:4318/v1/traces"),
            ("https://a.example/otlp/v1/traces", "https://a.example/otlp/v1/traces"),
        ] {
            assert_eq!(url_of_traces(endpoint), url);
        }
    }
}
