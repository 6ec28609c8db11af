//! One trip of a client: record from a server, lose the server, replay twice from what was written.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::path::Path;
use std::time::SystemTime;

use llmock::{LlmMock, LlmMockBuilder, Mode, Provider, RespondedBy};
use llmock_testkit::model::Wire;

use super::exchange::{self, Exchange};
use crate::apps::Seen;

/// Where the client of a trip finds each API: at the test's handle, through a tapped wire.
pub(crate) struct At<'a> {
    mock: &'a LlmMock,
    host: Option<String>,
}

#[cfg(feature = "provider-clients")]
impl<'a> At<'a> {
    /// At the handle itself.
    pub(crate) fn handle(mock: &'a LlmMock) -> Self {
        Self { mock, host: None }
    }
}

impl At<'_> {
    pub(crate) fn base_url(&self, provider: Provider) -> String {
        self.tapped(self.mock.base_url(provider))
    }

    /// What stands before the names of the providers.
    #[allow(dead_code, reason = "for clients of many providers")]
    pub(crate) fn url(&self) -> String {
        self.tapped(self.mock.url().unwrap().to_owned())
    }

    fn tapped(&self, url: String) -> String {
        let Some(host) = &self.host else { return url };
        let own = url.split('/').nth(2).expect("an address of http");
        url.replace(own, host)
    }
}

/// What one run of a client gave: to the application, and on the wire.
struct Trip {
    seen: Seen,
    exchanges: Vec<Exchange>,
}

fn run(builder: LlmMockBuilder, by: RespondedBy, program: impl Fn(&At<'_>) -> Seen) -> Trip {
    let mock = builder.start().unwrap_or_else(|error| panic!("{error}"));
    let (wire, _) = Wire::through(&mock.base_url(Provider::OpenAI));
    let seen = program(&At { mock: &mock, host: Some(wire.address().to_string()) });
    let exchanges: Vec<_> = wire.heard().iter().map(|bytes| Exchange::parse(bytes)).collect();
    let requests = mock.requests();
    assert_eq!(requests.len(), exchanges.len());
    assert!(requests.iter().all(|request| request.responded_by() == by), "{requests:?}");
    mock.finish().unwrap_or_else(|error| panic!("{error}"));
    Trip { seen, exchanges }
}

/// Every file of a folder, with its content and when it was written.
fn on_disk(folder: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            let written = entry.metadata().unwrap().modified().unwrap();
            (name, (std::fs::read(entry.path()).unwrap(), written))
        })
        .collect()
}

/// Records from this server and replays without it. `upstreams` says which providers' requests go to an
/// address that leads there.
pub(crate) fn travel(
    server: &str,
    upstreams: impl Fn(&str) -> Vec<(Provider, String)>,
    program: impl Fn(&At<'_>) -> Seen,
) {
    let folder = tempfile::tempdir().unwrap();
    let fixture = folder.path().join("trip.json");
    let (model, upstream) = Wire::through(server);
    let builder = LlmMock::builder().fixture(&fixture).test("road");
    let recording = upstreams(&upstream)
        .into_iter()
        .fold(builder.clone().mode(Mode::Record), |to, (provider, url)| to.upstream(provider, url));
    let recorded = run(recording, RespondedBy::Upstream, &program);

    let address = model.address();
    model.cut();
    assert!(TcpStream::connect(address).is_err(), "the server is still there");
    let before = on_disk(folder.path());
    assert!(before.contains_key("trip.json"), "{:?}", before.keys());
    for _ in 0..2 {
        let replay = builder.clone().mode(Mode::Replay).strict_order().fail_on_unused();
        let replayed = run(replay, RespondedBy::Fixture, &program);
        assert_eq!(replayed.seen, recorded.seen);
        exchange::assert_same(&recorded.exchanges, &replayed.exchanges);
    }
    let changed = on_disk(folder.path());
    assert!(changed == before, "{:?} became {:?}", before.keys(), changed.keys());
}

/// Runs an asynchronous program as its application would: on a runtime of its own.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(future)
}
