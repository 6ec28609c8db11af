//! Whatever stands in a body, and whatever comes out of it.

use std::rc::Rc;

use super::*;

#[llm_replay(calls = 0)]
#[test]
#[should_panic(expected = "the body's own words")]
fn panics_keep_their_message() {
    ran("bodies::panics_keep_their_message");
    panic!("the body's own words");
}

#[llm_replay(calls = 0)]
#[tokio::test]
#[should_panic]
#[expect(clippy::should_panic_without_expect, reason = "the bare form is what is tested")]
async fn body_satisfies_a_bare_should_panic() {
    pause().await;
    panic!("any");
}

#[llm_replay(calls = 0)]
#[test]
#[ignore = "shows that `ignore` stays"]
fn ignored() {
    unreachable!("it is ignored");
}

#[llm_replay(calls = 0)]
#[tokio::test]
async fn returns_early() {
    ran("bodies::returns_early");
    if std::hint::black_box(true) {
        return;
    }
    pause().await;
}

#[llm_replay(calls = 0)]
#[tokio::test]
async fn non_send_values_live_across_await() {
    let shared = Rc::new(1);
    pause().await;
    assert_eq!(*shared, 1);
    ran("bodies::non_send_values_live_across_await");
}

#[llm_replay(calls = 0)]
#[test]
fn bodies_keep_their_own_names(session: &LlmMock) {
    #![allow(clippy::items_after_statements)]
    let outcome = session.base_url(Provider::OpenAI);
    const SITE: &str = "/s/";
    let returned = outcome.contains(SITE);
    assert!(returned);
    ran("bodies::bodies_keep_their_own_names");
}

#[llm_replay(calls = 0)]
#[test]
fn r#match(#[allow(unused_variables)] mut_is_fine: LlmMock) {
    ran("bodies::match");
}
