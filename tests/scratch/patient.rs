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

/// Two locks, taken in different orders: what `#[serial]` above and below `#[llm_replay]` comes to.
mod crossed {
    use super::*;

    static SERIAL: Mutex<()> = Mutex::new(());
    static BOTH_HOLD_ONE: Barrier = Barrier::new(2);

    #[test]
    fn serial_first() {
        #[llm_replay(fixture = "hello")]
        fn then_the_turn() {
            assert_eq!(ask("hello"), "hi there");
        }
        let _serial = SERIAL.lock().unwrap();
        BOTH_HOLD_ONE.wait();
        then_the_turn();
    }

    #[llm_replay(fixture = "hello")]
    #[test]
    fn turn_first() {
        BOTH_HOLD_ONE.wait();
        // Poisoned by the one that gave up.
        let _serial = SERIAL.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        assert_eq!(ask("hello"), "hi there");
    }
}
