//! Tests without a handle that share one address; `spawned_isolation.rs` runs them on many threads.
#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Barrier, LazyLock, Mutex};

use client::{ask, ask_at};
use llmock::{LlmMock, Provider, llm_replay};

/// Pools connections, as clients do, and outlives every test.
static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(reqwest::Client::new);

static RUNNING: AtomicUsize = AtomicUsize::new(0);

async fn asks_alone() {
    assert_eq!(RUNNING.fetch_add(1, SeqCst), 0, "another test without a handle runs");
    let url = format!("{}/chat/completions", std::env::var("OPENAI_BASE_URL").unwrap());
    let body = r#"{"model":"gpt-5","messages":[{"role":"user","content":"hello"}]}"#;
    // From another thread than the test's, so that the connection belongs to the runtime.
    let answer = tokio::spawn(async move {
        let answer = CLIENT.post(url).body(body).send().await.unwrap();
        answer.text().await.unwrap()
    });
    assert!(answer.await.unwrap().contains("hi there"));
    assert_eq!(RUNNING.fetch_sub(1, SeqCst), 1);
}

macro_rules! tests {
    ($($name:ident)*) => {
        mod many {
            $(
                #[llmock::llm_replay(fixture = "hello")]
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::asks_alone().await;
                }
            )*
        }
    };
}

tests! {
    t01 t02 t03 t04 t05 t06 t07 t08 t09 t10 t11 t12 t13 t14 t15 t16 t17 t18 t19 t20
    t21 t22 t23 t24 t25 t26 t27 t28 t29 t30 t31 t32 t33 t34 t35 t36 t37 t38 t39 t40
}

mod pair {
    use super::*;

    static BOTH: Barrier = Barrier::new(2);

    #[llm_replay(fixture = "hello")]
    #[test]
    fn one(mock: LlmMock) {
        BOTH.wait();
        assert_eq!(ask_at(&mock.base_url(Provider::OpenAI), "hello"), "hi there");
    }

    #[llm_replay(fixture = "hello")]
    #[test]
    fn two(mock: LlmMock) {
        BOTH.wait();
        assert_eq!(ask_at(&mock.base_url(Provider::OpenAI), "hello"), "hi there");
    }
}

/// Tests that llmock keeps its hands off, between others that it redirects.
mod off {
    use super::*;

    fn variable(name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    #[llm_replay(fixture = "hello")]
    fn redirected() {
        assert_eq!(ask("hello"), "hi there");
        assert!(variable("ANTHROPIC_BASE_URL").unwrap().ends_with("/env/anthropic"));
    }

    #[llm_replay(mode = "off")]
    fn untouched() {
        assert_eq!(variable("OPENAI_BASE_URL").as_deref(), Some("http://gateway.example/v1"));
        for name in ["ANTHROPIC_BASE_URL", "LLMOCK_BASE_URL"] {
            assert_eq!(variable(name), None, "{name}");
        }
    }

    #[llm_replay(mode = "off")]
    fn untouched_with_a_handle(mock: &LlmMock) {
        assert_eq!(mock.base_url(Provider::OpenAI), "http://gateway.example/v1");
    }

    #[llm_replay(mode = "off")]
    fn untouched_while_another_waits() {
        let panic = std::thread::spawn(redirected).join().unwrap_err();
        let said = panic.downcast_ref::<String>().unwrap();
        let holder = "for the environment guard, held by test `api::off::untouched_while_another_waits`";
        assert!(said.contains(holder), "{said}");
        assert_eq!(variable("OPENAI_BASE_URL").as_deref(), Some("http://gateway.example/v1"));
    }

    #[test]
    fn between_others() {
        // Nobody has written a variable yet.
        untouched();
        redirected();
        untouched();
        redirected();
        untouched_with_a_handle();
        untouched_while_another_waits();
        redirected();
    }
}

/// What tests leave behind; they run in the order of their names, one at a time.
mod left {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::sync::mpsc;
    use std::thread::JoinHandle;

    use super::*;

    static CONNECTIONS: Mutex<Vec<TcpStream>> = Mutex::new(Vec::new());
    static THREAD: Mutex<Option<(mpsc::Sender<()>, JoinHandle<u16>)>> = Mutex::new(None);

    fn base_url() -> String {
        std::env::var("OPENAI_BASE_URL").unwrap()
    }

    fn body(prompt: &str) -> String {
        format!(r#"{{"model":"gpt-5","messages":[{{"role":"user","content":"{prompt}"}}]}}"#)
    }

    fn message(prompt: &str) -> String {
        let (base_url, body) = (base_url(), body(prompt));
        let (_, path) = base_url.split_once("://").unwrap().1.split_once('/').unwrap();
        let length = body.len();
        format!(
            "POST /{path}/chat/completions HTTP/1.1\r\nhost: localhost\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    }

    fn connect() -> TcpStream {
        let base_url = base_url();
        let address = base_url.split_once("://").unwrap().1.split_once('/').unwrap().0;
        TcpStream::connect(address).unwrap()
    }

    fn finish(mut connection: TcpStream, rest: &str) -> String {
        connection.write_all(rest.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }

    #[llm_replay(fixture = "hello")]
    #[test]
    fn t1_half_a_request_and_a_connection() {
        let (mut half, unused) = (connect(), connect());
        half.write_all(&message("hello").as_bytes()[..40]).unwrap();
        CONNECTIONS.lock().unwrap().extend([unused, half]);
        // The server takes what comes in turn: when it answers this, it has seen both.
        assert_eq!(ask("hello"), "hi there");
    }

    #[llm_replay(fixture = "hello", calls = 1)]
    #[test]
    fn t2_the_other_half() {
        let half = CONNECTIONS.lock().unwrap().pop().unwrap();
        let answer = finish(half, &message("hello")[40..]);
        assert!(answer.starts_with("HTTP/1.1 418 "), "{answer}");
        assert!(answer.contains("the request started while test `api::left::t1_half_a_request_and_a_connection` was running"), "{answer}");
        assert_eq!(ask("hello"), "hi there");
    }

    #[llm_replay(fixture = "hello")]
    #[test]
    fn t3_a_request_on_the_connection() {
        assert_eq!(ask("hello"), "hi there");
        let unused = CONNECTIONS.lock().unwrap().pop().unwrap();
        finish(unused, &message("whose?"));
    }

    #[llm_replay(fixture = "left/later", unused = "ignore")]
    #[test]
    fn t4_a_thread() {
        let (go, wait) = mpsc::channel();
        let asks = move || {
            wait.recv().unwrap();
            client::send(&base_url(), "POST", "/chat/completions", &body("later")).0
        };
        *THREAD.lock().unwrap() = Some((go, std::thread::spawn(asks)));
        assert_eq!(ask("hello"), "hi there");
    }

    #[llm_replay(fixture = "hello")]
    #[test]
    fn t5_its_request() {
        assert_eq!(ask("hello"), "hi there");
        let (go, thread) = THREAD.lock().unwrap().take().unwrap();
        go.send(()).unwrap();
        assert_eq!(thread.join().unwrap(), 418);
    }

    #[test]
    fn t6_requests_of_no_test() {
        #[llm_replay(fixture = "hello")]
        fn of_a_handle(mock: LlmMock) -> String {
            let base_url = mock.base_url(Provider::OpenAI);
            assert_eq!(ask_at(&base_url, "hello"), "hi there");
            base_url
        }
        let handle = of_a_handle();
        let variable = base_url();
        let nothing = variable.replace("/env/openai", "");
        let cases = [
            (variable.as_str(), "llmock: no test is running; OPENAI_BASE_URL of this process points to llmock"),
            (handle.as_str(), "llmock: the test that this address belonged to has ended"),
            (nothing.as_str(), "llmock: `/v1/chat/completions` is not an address of this mock server"),
        ];
        for (base_url, sentence) in cases {
            let path = "/chat/completions?key=hidden";
            let (status, answer) = client::send(base_url, "POST", path, &body("hello"));
            assert_eq!(status, 418, "{answer}");
            assert!(answer.contains(sentence), "{answer}");
        }
    }
}
