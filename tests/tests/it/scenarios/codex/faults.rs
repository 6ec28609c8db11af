//! Errors, and what the agent does about them.

use llmock::control::Fault;
use llmock::reply::{Finish, Reply};
use llmock::{LlmMock, llm_replay};

use super::agent::{Agent, Failure};

/// The statuses of the responses, in order.
fn statuses(mock: &LlmMock) -> Vec<u16> {
    mock.exchanges().iter().map(|exchange| exchange.response().unwrap().status()).collect()
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn a_rate_limit_is_waited_for(mock: &LlmMock) {
    let limited = || Reply::error(429, "slow down").header("retry-after", "0");
    mock.reply([limited(), limited(), Reply::text("fine")]);
    assert_eq!(Agent::new(mock).turn("go").await.as_deref(), Ok("fine"));
    assert_eq!(statuses(mock), [429, 429, 200]);
}

#[llm_replay(scripted = true, fault(status = 500, times = 3))]
#[tokio::test]
async fn errors_of_the_server_are_retried(mock: &LlmMock) {
    mock.reply(Reply::text("fine"));
    assert_eq!(Agent::new(mock).turn("go").await.as_deref(), Ok("fine"));
    assert_eq!(statuses(mock), [500, 500, 500, 200]);
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn a_wrong_key_is_not_retried(mock: &LlmMock) {
    mock.reply(Reply::error(401, "invalid key"));
    let failure = Agent::new(mock).turn("go").await.unwrap_err();
    assert_eq!(failure, Failure::Status(401, "invalid key".to_owned()));
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn a_full_context_ends_the_turn(mock: &LlmMock) {
    mock.reply(Reply::new().failing("too long").code("context_length_exceeded"));
    let failure = Agent::new(mock).turn("go").await.unwrap_err();
    assert_eq!(failure, Failure::Failed("context_length_exceeded".to_owned()));
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn a_rate_limit_inside_a_stream_is_retried(mock: &LlmMock) {
    let failing = Reply::text("half").failing("slow down").code("rate_limit_exceeded");
    mock.reply([failing, Reply::text("whole")]);
    assert_eq!(Agent::new(mock).turn("go").await.as_deref(), Ok("whole"));
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn an_incomplete_response_ends_the_turn(mock: &LlmMock) {
    mock.reply(Reply::text("once upon").finish(Finish::Length));
    let failure = Agent::new(mock).turn("go").await.unwrap_err();
    assert_eq!(failure, Failure::Incomplete("max_output_tokens".to_owned()));
}

/// Each of these breaks the first response; the second is that of the reply.
#[llm_replay(scripted = true)]
#[tokio::test]
async fn broken_streams_are_requested_again(mock: &LlmMock) {
    mock.reply(Reply::text("whole").repeat());
    for fault in [
        Fault::cut_after_event(3),
        Fault::cut_after_event(4).reset(),
        Fault::cut_after_byte(100),
        Fault::refused(),
        Fault::empty_body(),
        Fault::malformed_event(2),
    ] {
        let before = mock.requests().len();
        mock.fault(fault.clone());
        assert_eq!(Agent::new(mock).turn("go").await.as_deref(), Ok("whole"), "{fault:?}");
        assert_eq!(mock.requests().len() - before, 2, "{fault:?}");
    }
}

#[llm_replay(scripted = true, fault(status = 503, times = "always"), allow("reply_unused"))]
#[tokio::test]
async fn the_agent_gives_up_at_last(mock: &LlmMock) {
    mock.reply(Reply::text("never sent").repeat());
    let failure = Agent::new(mock).turn("go").await.unwrap_err();
    assert!(matches!(failure, Failure::Status(503, _)), "{failure:?}");
    assert_eq!(statuses(mock), [503; 4]);
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn a_later_turn_works_after_a_failed_one(mock: &LlmMock) {
    mock.reply([Reply::error(400, "no"), Reply::text("fine")]);
    let mut agent = Agent::new(mock);
    agent.turn("go").await.unwrap_err();
    assert_eq!(agent.turn("again").await.as_deref(), Ok("fine"));
}
