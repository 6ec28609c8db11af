//! What happened in one run of a test, as a child process writes it down.

use serde_json::{Value, json};

use super::trials::Target;

/// The status of a handshake that was accepted.
const SWITCHING_PROTOCOLS: u16 = 101;

/// How a run of a test ended, and what its program did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) end: RunEnd,
    pub(crate) requests: Vec<RanRequest>,
    /// Messages of panics other than the one that failed the test.
    pub(crate) panics: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RunEnd {
    Passed,
    #[default]
    Failed,
    /// Killed at the time limit.
    Hung,
}

/// A request of a run; background calls are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RanRequest {
    /// Equal for requests that are the same.
    pub(crate) key: String,
    /// When it arrived, from the beginning of the session.
    pub(crate) ms: u64,
    /// Its response had the fault of this run.
    pub(crate) is_faulty: bool,
    /// `POST /v1/chat/completions`.
    pub(crate) shown: String,
    pub(crate) response: RanResponse,
}

/// What a client was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RanResponse {
    pub(crate) status: u16,
    pub(crate) is_stream: bool,
    /// Where its events ended, in bytes.
    pub(crate) ends: Vec<usize>,
    pub(crate) bytes: usize,
    /// After so many events its protocol was at its end; `None`: after the last one.
    pub(crate) complete_after: Option<usize>,
    /// The client left before the end.
    pub(crate) has_left: bool,
}

impl Ran {
    /// The content of the file that a child process leaves.
    pub(crate) fn to_json(&self) -> String {
        let request = |one: &RanRequest| {
            json!({
                "key": one.key, "ms": one.ms, "faulty": one.is_faulty, "shown": one.shown,
                "status": one.response.status, "stream": one.response.is_stream, "ends": one.response.ends,
                "bytes": one.response.bytes, "complete": one.response.complete_after,
                "left": one.response.has_left,
            })
        };
        let requests: Vec<Value> = self.requests.iter().map(request).collect();
        json!({ "requests": requests, "panics": self.panics }).to_string()
    }

    /// Reads that file; a run that was killed may have left none.
    pub(crate) fn from_json(text: &str, end: RunEnd) -> Self {
        let parsed: Value = serde_json::from_str(text).unwrap_or_default();
        let list = |name: &str| parsed[name].as_array().cloned().unwrap_or_default();
        let size = |value: &Value| usize::try_from(value.as_u64().unwrap_or_default()).unwrap_or(0);
        let request = |one: &Value| RanRequest {
            key: one["key"].as_str().unwrap_or_default().to_owned(),
            ms: one["ms"].as_u64().unwrap_or_default(),
            is_faulty: one["faulty"] == true,
            shown: one["shown"].as_str().unwrap_or_default().to_owned(),
            response: RanResponse {
                status: u16::try_from(size(&one["status"])).unwrap_or_default(),
                is_stream: one["stream"] == true,
                ends: one["ends"].as_array().into_iter().flatten().map(size).collect(),
                bytes: size(&one["bytes"]),
                complete_after: one["complete"].as_u64().map(|_| size(&one["complete"])),
                has_left: one["left"] == true,
            },
        };
        let panics = list("panics");
        Self {
            end,
            requests: list("requests").iter().map(request).collect(),
            panics: panics.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect(),
        }
    }

    /// The responses that a sweep can let fail.
    pub(crate) fn targets(&self) -> Vec<Target> {
        let requests = self.requests.iter().enumerate();
        let target = |(at, one): (usize, &RanRequest)| {
            let RanResponse { status, is_stream, ends, bytes, complete_after, .. } = &one.response;
            Target {
                request: at + 1,
                shown: one.shown.clone(),
                is_error: *status >= 400,
                is_stream: *is_stream,
                is_socket: *status == SWITCHING_PROTOCOLS,
                ends: ends.clone(),
                bytes: *bytes,
                complete_after: complete_after.unwrap_or(ends.len()),
            }
        };
        // What had no response was a miss.
        requests.filter(|(_, one)| one.response.status > 0).map(target).collect()
    }

    /// How often requests with this key arrived.
    pub(crate) fn count(&self, key: &str) -> usize {
        self.requests.iter().filter(|request| request.key == key).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_survives_its_file() {
        let request = RanRequest {
            key: "k".into(),
            ms: 7,
            is_faulty: true,
            shown: "POST /".into(),
            response: RanResponse {
                status: 200,
                is_stream: true,
                ends: vec![3, 9],
                bytes: 10,
                complete_after: Some(1),
                has_left: true,
            },
        };
        let panics = vec!["boom".to_owned()];
        let ran = Ran { end: RunEnd::Passed, requests: vec![request], panics };
        assert_eq!(Ran::from_json(&ran.to_json(), RunEnd::Passed), ran);
        assert_eq!(Ran::from_json("", RunEnd::Hung), Ran { end: RunEnd::Hung, ..Ran::default() });
    }
}
