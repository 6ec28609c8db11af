//! Programs under a sweep: ten that handle failing responses badly, and ten that handle them well.
#![forbid(unsafe_code)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use llmock::{LlmMock, Provider, llm_replay};

/// A response as it arrived.
struct Answer {
    status: u16,
    retry_after: Option<u64>,
    body: String,
    /// The body ended as its framing promised.
    complete: bool,
}

fn base() -> String {
    std::env::var("OPENAI_BASE_URL").unwrap()
}

/// Sends a request; `None` if there is no response. Waits for the next byte at most so long.
fn call(base_url: &str, prompt: &str, streams: bool, patience: Option<u64>) -> Option<Answer> {
    let body = format!(
        r#"{{"model":"gpt-5","stream":{streams},"messages":[{{"role":"user","content":"{prompt}"}}]}}"#
    );
    let rest = base_url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).ok()?;
    stream.set_read_timeout(patience.map(Duration::from_millis)).unwrap();
    let length = body.len();
    let head = format!(
        "POST /{path}/chat/completions HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(more @ 1..) = stream.read(&mut buffer) {
        received.extend_from_slice(&buffer[..more]);
    }
    let text = String::from_utf8_lossy(&received).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let header = |name: &str| {
        let mut lines = head.lines().map(str::to_ascii_lowercase);
        lines.find_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned))
    };
    let (body, complete) = match header("content-length") {
        Some(length) => (body.to_owned(), length.parse() == Ok(body.len())),
        None => unchunked(body),
    };
    Some(Answer {
        status: head.split(' ').nth(1)?.parse().ok()?,
        retry_after: header("retry-after").and_then(|seconds| seconds.parse().ok()),
        body,
        complete,
    })
}

fn unchunked(mut rest: &str) -> (String, bool) {
    let mut body = String::new();
    while let Some((length, after)) = rest.split_once("\r\n") {
        let Ok(length) = usize::from_str_radix(length, 16) else { break };
        if length == 0 {
            return (body, true);
        }
        let Some((chunk, next)) = after.split_at_checked(length) else {
            body.push_str(after);
            break;
        };
        body.push_str(chunk);
        rest = next.strip_prefix("\r\n").unwrap_or(next);
    }
    (body, false)
}

/// The stream of the fixture, if it is whole.
fn whole_stream(answer: &Answer) -> Result<(), String> {
    if answer.status != 200 {
        return Err(format!("status {}", answer.status));
    }
    let is_json = |line: &str| {
        let data = line.trim_start_matches("data: ");
        data == "[DONE]" || data.starts_with('{')
    };
    let is_valid = answer.body.lines().filter(|line| !line.is_empty()).all(is_json);
    if answer.complete && is_valid && answer.body.contains("data: [DONE]") {
        Ok(())
    } else {
        Err("the stream is not whole".to_owned())
    }
}

fn whole_body(answer: &Answer) -> Result<(), String> {
    if answer.status == 200 && answer.complete && answer.body.starts_with('{') {
        Ok(())
    } else {
        Err(format!("status {}, {} bytes", answer.status, answer.body.len()))
    }
}

mod bad {
    use super::*;

    #[llm_replay(fixture = "stream", sweep = "cuts")]
    #[test]
    fn accepts_a_truncated_stream() {
        let answer = call(&base(), "stream", true, Some(2000));
        assert!(answer.is_some());
    }

    #[llm_replay(fixture = "whole", sweep = "cuts")]
    #[test]
    fn accepts_a_truncated_body() {
        let answer = call(&base(), "whole", false, Some(2000)).unwrap();
        assert_eq!(answer.status, 200);
    }

    #[llm_replay(fixture = "whole", sweep = "faults")]
    #[test]
    fn accepts_an_empty_body() {
        let answer = call(&base(), "whole", false, Some(2000)).unwrap();
        assert!(answer.status == 200 && answer.complete && !answer.body.starts_with('!'));
    }

    #[llm_replay(fixture = "stream", sweep = "faults")]
    #[test]
    fn waits_for_ever() {
        whole_stream(&call(&base(), "stream", true, None).unwrap()).unwrap();
    }

    #[llm_replay(fixture = "whole", sweep = "errors")]
    #[test]
    fn never_gives_up_on_an_error() {
        let answer = call(&base(), "whole", false, Some(2000)).unwrap();
        while answer.status >= 500 {
            thread::sleep(Duration::from_millis(50));
        }
        whole_body(&answer).unwrap();
    }

    #[llm_replay(fixture = "whole", sweep = "errors")]
    #[test]
    fn panics_in_a_thread() {
        let base = base();
        let worker = thread::spawn(move || {
            whole_body(&call(&base, "whole", false, Some(2000)).unwrap()).unwrap();
        });
        let _ = worker.join();
    }

    #[llm_replay(fixture = "whole", sweep = "errors")]
    #[test]
    fn retries_a_wrong_key() {
        let ask = || call(&base(), "whole", false, Some(2000));
        let mut answer = ask();
        if answer.as_ref().is_some_and(|answer| answer.status == 401) {
            answer = ask();
        }
        whole_body(&answer.unwrap()).unwrap();
    }

    #[llm_replay(fixture = "whole", sweep = "errors")]
    #[test]
    fn retries_a_bad_request() {
        let ask = || call(&base(), "whole", false, Some(2000));
        let mut answer = ask();
        if answer.as_ref().is_some_and(|answer| answer.status == 400) {
            answer = ask();
        }
        whole_body(&answer.unwrap()).unwrap();
    }

    #[llm_replay(fixture = "whole", sweep = "errors")]
    #[test]
    fn does_not_wait_as_long_as_it_is_told() {
        let ask = || call(&base(), "whole", false, Some(2000));
        let mut answer = ask();
        if answer.as_ref().is_some_and(|answer| answer.status == 429) {
            answer = ask();
        }
        whole_body(&answer.unwrap()).unwrap();
    }

    #[llm_replay(fixture = "whole", sweep = "errors")]
    #[test]
    fn storms_after_an_error() {
        let ask = || call(&base(), "whole", false, Some(2000));
        let mut answer = ask();
        if answer.as_ref().is_some_and(|answer| answer.status >= 500) {
            for _ in 0..6 {
                answer = ask();
            }
        }
        whole_body(&answer.unwrap()).unwrap();
    }
}

mod good {
    use super::*;

    /// Repeats a request as long and as late as providers want it.
    fn patient(base: &str, prompt: &str, streams: bool) -> Result<Answer, String> {
        let mut last = "no response".to_owned();
        for _ in 0..3 {
            let Some(answer) = call(base, prompt, streams, Some(500)) else { continue };
            match answer.status {
                429 | 500.. => {
                    last = format!("status {}", answer.status);
                    thread::sleep(Duration::from_secs(answer.retry_after.unwrap_or(0)));
                }
                200 if !answer.complete => last = "cut off".to_owned(),
                _ => return Ok(answer),
            }
        }
        Err(last)
    }

    #[llm_replay(fixture = "stream", sweep = "faults")]
    #[test]
    fn reports_every_error() {
        whole_stream(&call(&base(), "stream", true, Some(500)).unwrap()).unwrap();
    }

    #[llm_replay(fixture = "whole", sweep = "faults")]
    #[test]
    fn reports_errors_as_its_result() -> Result<(), String> {
        whole_body(&call(&base(), "whole", false, Some(500)).ok_or("no response")?)
    }

    #[llm_replay(fixture = "whole", sweep = "faults")]
    #[test]
    fn repeats_what_may_be_repeated() {
        whole_body(&patient(&base(), "whole", false).unwrap()).unwrap();
    }

    #[llm_replay(fixture = "stream", sweep = "faults")]
    #[test]
    fn repeats_streams_that_were_cut_off() {
        whole_stream(&patient(&base(), "stream", true).unwrap()).unwrap();
    }

    #[llm_replay(fixture = "stream", sweep = "cuts")]
    #[test]
    fn needs_the_terminator() {
        let answer = call(&base(), "stream", true, Some(500)).unwrap();
        assert!(answer.body.contains("[DONE]"));
    }

    #[llm_replay(fixture = "stream", sweep = "cuts")]
    #[test]
    fn is_content_when_the_text_has_finished() {
        let answer = call(&base(), "stream", true, Some(500)).unwrap();
        assert!(answer.body.contains("\"finish_reason\":\"stop\"}"));
    }

    #[llm_replay(fixture = "two", sweep = "errors")]
    #[test]
    fn asks_twice() {
        whole_body(&patient(&base(), "whole", false).unwrap()).unwrap();
        whole_body(&patient(&base(), "again", false).unwrap()).unwrap();
    }

    #[llm_replay(fixture = "whole", sweep = "errors")]
    #[test]
    fn takes_a_handle(mock: &LlmMock) {
        let answer = patient(&mock.base_url(Provider::OpenAI), "whole", false);
        whole_body(&answer.unwrap()).unwrap();
    }

    #[llm_replay(fixture = "whole", sweep = "errors", calls = 1, unused = "fail", order = "strict")]
    #[test]
    fn counts_its_requests() {
        whole_body(&patient(&base(), "whole", false).unwrap()).unwrap();
    }

    #[llm_replay(fixture = "whole", sweep = "errors")]
    #[test]
    fn hands_its_errors_to_another_thread() {
        let base = base();
        let worker = thread::spawn(move || {
            patient(&base, "whole", false).and_then(|answer| whole_body(&answer))
        });
        worker.join().unwrap().unwrap();
    }
}

mod refused {
    use super::*;

    #[llm_replay(fixture = "whole", sweep = "faults", calls = 0, unused = "ignore")]
    #[test]
    fn sends_nothing() {}

    #[llm_replay(fixture = "whole", sweep = "faults")]
    #[test]
    fn works_once() {
        let first = std::env::temp_dir().join(std::env::var("ONCE").unwrap());
        assert!(std::fs::create_dir(first).is_ok(), "the second time");
        whole_body(&call(&base(), "whole", false, Some(500)).unwrap()).unwrap();
    }
}

/// Not swept, unless a variable says so.
#[llm_replay(fixture = "whole")]
#[test]
fn plain() {
    let answer = call(&base(), "whole", false, Some(500)).unwrap();
    assert_eq!(answer.status, 200);
}

/// Only shown to fail by its attribute.
#[llm_replay(fixture = "whole", fault(status = 503, retry_after = 3), stream(chunks = [3]))]
#[test]
fn faulty() {
    let answer = call(&base(), "whole", false, Some(500)).unwrap();
    assert_eq!((answer.status, answer.retry_after), (503, Some(3)));
}

#[llm_replay(fixture = "stream")]
#[test]
fn streamed() {
    let answer = call(&base(), "stream", true, Some(500)).unwrap();
    whole_stream(&answer).unwrap();
}

/// Of more than two hundred events.
#[llm_replay(fixture = "long")]
#[test]
fn long() {
    let answer = call(&base(), "long", true, Some(2000)).unwrap();
    whole_stream(&answer).unwrap();
}

/// What a process costs that has no recording.
#[test]
fn empty() {}
