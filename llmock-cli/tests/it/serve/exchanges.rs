//! When an exchange that the server forwards is over, what a client sees of network faults, and HTTP/2.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use llmock_testkit::client::{self, End, JSON, Request, connect, start};
use llmock_testkit::upstream::{Gate, Response, Upstream};

use crate::server::{Server, Workdir, chat};

const RECORD: [&str; 3] = ["--fixtures", "all", "--record"];
const FILE: &str = "all/recorded.json";
const DONE: [&str; 2] = ["data: {\"choices\":[]}\n\n", "data: [DONE]\n\n"];

/// Nothing here may take as long as the limit for responses that never end.
const SOON: Duration = Duration::from_secs(8);

fn serve(workdir: &Workdir, upstream: &Upstream) -> Server {
    workdir.serve(&RECORD, &[("OPENAI_BASE_URL", &upstream.openai_url())])
}

#[test]
fn held_connections_do_not_delay_recordings() {
    let gate = Gate::default();
    let upstream = Upstream::start([Response::sse(DONE).wait(&gate)]);
    let workdir = Workdir::new();
    let server = serve(&workdir, &upstream);
    let mut response = chat("hello").begin(&server.origin);
    assert_eq!(response.chunk().as_deref(), Some(DONE[0].as_bytes()));
    assert_eq!(response.chunk().as_deref(), Some(DONE[1].as_bytes()));
    drop(response);
    server.wait_for_recordings(1);
    // The provider is not asked again.
    assert_eq!(server.send(&chat("hello")).text(), DONE.concat());
    assert_eq!(upstream.requests().len(), 1);
    let read_on = server.send(&chat("another"));
    assert_eq!((read_on.text(), read_on.end), (DONE.concat(), End::Complete));
    gate.open();
    let text = workdir.read(FILE);
    assert!(text.contains("\"end\": \"complete\""), "{text}");
}

#[cfg(unix)]
#[test]
fn endless_streams_do_not_delay_the_stop() {
    let gate = Gate::default();
    let event = "data: {\"jsonrpc\":\"2.0\"}\n\n";
    let upstream = Upstream::start([Response::sse([event]).wait(&gate)]);
    for stays in [false, true] {
        let workdir = Workdir::new();
        let server = serve(&workdir, &upstream);
        let mut response = Request::get("/v1/events").begin(&server.origin);
        assert_eq!(response.chunk().as_deref(), Some(event.as_bytes()));
        let response = stays.then_some(response);
        let start = Instant::now();
        server.signal("-TERM");
        let printed = server.wait_for_exit();
        assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
        drop(response);
        assert!(printed.contains("is not complete: what had arrived is recorded"), "{printed}");
        assert!(workdir.read(FILE).contains("\"end\": \"client-left\""));
    }
    gate.open();
}

#[cfg(unix)]
#[test]
fn what_has_arrived_is_recorded_when_the_server_stops() {
    let gate = Gate::default();
    let upstream = Upstream::start([Response::sse([DONE[0]]).wait(&gate)]);
    let workdir = Workdir::new();
    workdir.write("config.yaml", "shutdown-timeout: 500ms\n");
    let variables = [("OPENAI_BASE_URL", &*upstream.openai_url())];
    let arguments = ["--config", "config.yaml", "--fixtures", "all", "--record"];
    let server = workdir.serve(&arguments, &variables);
    let mut response = chat("hello").begin(&server.origin);
    assert!(response.chunk().is_some());
    drop(response);
    let start = Instant::now();
    server.signal("-TERM");
    server.wait_for_exit();
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    gate.open();
    assert!(workdir.read(FILE).contains("\"end\": \"client-left\""));
}

#[test]
fn network_faults_reach_the_client() {
    let upstream = Upstream::start([Response::hang_up(), Response::json("{\"n\":1}")]);
    let workdir = Workdir::new();
    let server = serve(&workdir, &upstream);
    let request = chat("hello");
    let url = format!("{}{}", server.origin, request.path);
    assert!(start("POST", &url, &JSON, &request.body).is_none());
    server.wait_for_stderr("broke");
    assert_eq!(server.send(&request).text(), "{\"n\":1}");
    server.wait_for_recordings(1);
    assert_eq!(workdir.interactions(FILE).len(), 1);
}

#[test]
fn lengths_of_one_connection_do_not_frame_another() {
    let upstream = Upstream::start([Response::sse(DONE).header("content-length", "10")]);
    let workdir = Workdir::new();
    let server = serve(&workdir, &upstream);
    let live = server.send(&chat("hello"));
    assert_eq!((live.header("content-length"), live.text()), (None, DONE.concat()));
}

#[tokio::test]
async fn speaks_http2_with_prior_knowledge() {
    let workdir = Workdir::new();
    workdir.fixture("all/a.json", &[("hello", "world")]);
    let upstream = Upstream::start([Response::sse(DONE)]);
    let recorder = [("OPENAI_BASE_URL", &*upstream.openai_url())];
    for (arguments, variables) in [(&RECORD[..2], &[][..]), (&RECORD[..], &recorder[..])] {
        let server = workdir.serve(arguments, variables);
        let address = server.origin.strip_prefix("http://").unwrap();
        let socket = tokio::net::TcpStream::connect(address).await.unwrap();
        let handshake =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket));
        let (mut sender, connection) = handshake.await.unwrap();
        tokio::spawn(connection);
        for _ in 0..3 {
            let request = chat("hello");
            let request = http::Request::post(format!("{}{}", server.origin, request.path))
                .header("content-type", "application/json")
                .body(Full::new(Bytes::from(request.body)))
                .unwrap();
            let response = sender.send_request(request).await.unwrap();
            assert_eq!(response.status(), 200);
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(&body[..], b"{\"said\":\"world\"}");
        }
        if variables.is_empty() {
            continue;
        }
        let request = chat("new");
        let request = http::Request::post(format!("{}{}", server.origin, request.path))
            .body(Full::new(Bytes::from(request.body)))
            .unwrap();
        let response = sender.send_request(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, DONE.concat());
    }
}

/// Sends a request, disconnects, and sends it again from a thread; both requests have reached the provider.
fn retry_after_giving_up(
    server: &Server,
    upstream: &Upstream,
    request: &Request,
) -> JoinHandle<client::Response> {
    let url = format!("{}{}", server.origin, request.path);
    let given_up = connect("POST", &url, &JSON, &request.body);
    upstream.wait_for(1);
    drop(given_up);
    let retry = std::thread::spawn({
        let (request, origin) = (request.clone(), server.origin.clone());
        move || request.send(&origin)
    });
    upstream.wait_for(2);
    retry
}

#[test]
fn responses_that_a_client_gave_up_on_are_not_replayed_first() {
    let (slow, retried) = (Gate::default(), Gate::default());
    let first = Response::json("{\"n\":1}").after(&slow);
    let second = Response::json("{\"n\":2}").after(&retried);
    let upstream = Upstream::start([first, second]);
    let workdir = Workdir::new();
    let server = serve(&workdir, &upstream);
    let request = chat("hello");
    let retry = retry_after_giving_up(&server, &upstream, &request);
    slow.open();
    // The first response ends while the second one is awaited.
    std::thread::sleep(Duration::from_millis(200));
    retried.open();
    assert_eq!(retry.join().unwrap().text(), "{\"n\":2}");
    server.wait_for_recordings(1);
    assert_eq!(server.send(&request).text(), "{\"n\":2}");
    assert_eq!(workdir.interactions(FILE).len(), 1);
}

#[test]
fn failed_retries_lose_no_response() {
    let (slow, retried) = (Gate::default(), Gate::default());
    let first = Response::json("{\"n\":1}").after(&slow);
    let upstream = Upstream::start([first, Response::error(503, "busy").after(&retried)]);
    let workdir = Workdir::new();
    let server = serve(&workdir, &upstream);
    let request = chat("hello");
    let retry = retry_after_giving_up(&server, &upstream, &request);
    slow.open();
    std::thread::sleep(Duration::from_millis(200));
    retried.open();
    assert_eq!(retry.join().unwrap().status, 503);
    server.wait_for_recordings(1);
    assert_eq!(server.send(&request).text(), "{\"n\":1}");
}
