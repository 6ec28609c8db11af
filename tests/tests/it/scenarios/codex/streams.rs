//! Streams that the test holds, cuts, and fills: what codex's own server with gates is for.

use std::time::Duration;

use llmock::control::{Chunks, Fault, StreamControl};
use llmock::reply::{Reply, request};
use llmock::{LlmMock, llm_replay};
use serde_json::json;

use super::agent::{Agent, Failure};

#[llm_replay(scripted = true)]
#[tokio::test]
async fn text_comes_in_pieces(mock: &LlmMock) {
    mock.reply(Reply::pieces(["one ", "two ", "three"]));
    let mut agent = Agent::new(mock);
    agent.turn("count").await.unwrap();
    assert_eq!(agent.deltas, ["one ", "two ", "three"]);
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn events_stand_where_the_test_places_them(mock: &LlmMock) {
    let first = json!({"type": "response.metadata", "verified": true});
    let last = json!({"type": "response.rate_limits", "remaining": 3});
    mock.reply(Reply::text("hi").event_after(1, &first).event(&last));
    let mut agent = Agent::new(mock);
    assert_eq!(agent.turn("go").await.as_deref(), Ok("hi"));
    assert_eq!(agent.others, [first.clone(), last]);
    let exchanges = mock.exchanges();
    let events = exchanges[0].response().unwrap().events();
    assert!(events[0].data().contains("response.created"));
    assert_eq!(events[1].data(), first.to_string());
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn an_interrupted_turn_leaves_its_stream(mock: &LlmMock) {
    mock.reply([Reply::pieces(["never ", "read"]), Reply::text("next")]);
    let gate = mock.hold_stream().at_event(5).start();
    let mut agent = Agent::new(mock);
    tokio::select! {
        ended = agent.turn("long") => panic!("the stream is held: {ended:?}"),
        () = gate.reached() => {}
    }
    gate.client_disconnected().await;
    assert!(mock.exchanges()[0].disconnected_early());
    assert_eq!(agent.turn("short").await.as_deref(), Ok("next"));
    gate.release_all();
    mock.settled().await;
    assert!(mock.exchanges()[0].disconnected_early());
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn one_agent_goes_on_while_another_is_held(mock: &LlmMock) {
    mock.when(request().last_user("slow")).reply(Reply::text("slow"));
    mock.when(request().last_user("quick")).reply(Reply::text("quick"));
    let gate = mock.hold_stream().at_event(2).start();
    let mut slow = Agent::new(mock);
    let slow = async move { slow.turn("slow").await };
    let quick = async {
        gate.reached().await;
        let said = Agent::new(mock).turn("quick").await;
        gate.release_all();
        said
    };
    let (slow, quick) = tokio::join!(slow, quick);
    assert_eq!((slow.as_deref(), quick.as_deref()), (Ok("slow"), Ok("quick")));
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn events_are_released_one_by_one(mock: &LlmMock) {
    mock.reply(Reply::pieces(["one ", "two"]));
    let gate = mock.hold_stream().at_event(1).start();
    let mut agent = Agent::new(mock);
    let program = async { agent.turn("go").await };
    let releasing = async {
        for _ in 0..4 {
            gate.reached().await;
            gate.release(1);
        }
        gate.reached().await;
        gate.release_all();
    };
    let (said, ()) = tokio::join!(program, releasing);
    assert_eq!(said.as_deref(), Ok("one two"));
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn a_stream_that_stalls_is_given_up(mock: &LlmMock) {
    mock.reply(Reply::text("at last").repeat());
    mock.fault(Fault::stall_after_event(3));
    let mut agent = Agent::new(mock).impatient(Duration::from_millis(150));
    // A busy machine may be slow with the second response too; the agent has four attempts.
    let said = agent.turn("go").await;
    assert!(matches!(said.as_deref(), Ok("at last") | Err(Failure::Disconnected)), "{said:?}");
    assert!(mock.requests().len() > 1);
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn cuts_inside_events_change_nothing(mock: &LlmMock) {
    mock.reply(Reply::pieces(["Grö", "ße ", "😀"]).repeat());
    for chunks in [Chunks::Adversarial, Chunks::Lengths(vec![1, 2, 3]), Chunks::Whole] {
        mock.stream(StreamControl::new().chunks(chunks).seed(3));
        let mut agent = Agent::new(mock);
        assert_eq!(agent.turn("go").await.as_deref(), Ok("Größe 😀"));
        assert_eq!(agent.deltas, ["Grö", "ße ", "😀"]);
    }
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn a_test_waits_for_requests(mock: &LlmMock) {
    mock.reply([Reply::new().tool_call("shell", "{}"), Reply::text("ok")]);
    let mut agent = Agent::new(mock);
    let waiting = async {
        mock.wait_for(2).await;
        mock.requests()[1].tool_results().len()
    };
    let (said, results) = tokio::join!(agent.turn("go"), waiting);
    assert_eq!((said.as_deref(), results), (Ok("ok"), 1));
    mock.settled().await;
}
