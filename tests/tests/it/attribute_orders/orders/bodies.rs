//! Whatever stands in a body, and whatever comes out of it.

use std::rc::Rc;

use super::*;

#[llm_replay(calls = 0)]
#[test]
#[should_panic(expected = "the body's own words")]
fn a_panic_keeps_its_text() {
    ran("bodies::a_panic_keeps_its_text");
    panic!("the body's own words");
}

#[llm_replay(calls = 0)]
#[tokio::test]
#[should_panic]
#[expect(clippy::should_panic_without_expect, reason = "the bare form is what is tested")]
async fn a_bare_should_panic_is_met_by_the_body() {
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
async fn an_early_return() {
    ran("bodies::an_early_return");
    if std::hint::black_box(true) {
        return;
    }
    pause().await;
}

#[llm_replay(calls = 0)]
#[tokio::test]
async fn values_that_stay_on_one_thread_live_across_an_await() {
    let shared = Rc::new(1);
    pause().await;
    assert_eq!(*shared, 1);
    ran("bodies::values_that_stay_on_one_thread_live_across_an_await");
}

#[llm_replay(calls = 0)]
#[test]
fn names_of_the_body_are_its_own(session: &LlmMock) {
    #![allow(clippy::items_after_statements)]
    let outcome = session.base_url(Provider::OpenAI);
    const SITE: &str = "/s/";
    let returned = outcome.contains(SITE);
    assert!(returned);
    ran("bodies::names_of_the_body_are_its_own");
}

#[llm_replay(calls = 0)]
#[test]
fn r#match(#[allow(unused_variables)] mut_is_fine: LlmMock) {
    ran("bodies::match");
}
