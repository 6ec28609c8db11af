//! Ids that a client makes up, in the path and in the query.

use llmock::Provider;
use llmock_testkit::client::JSON;
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream};

use super::{records_and_replays, request};

const JOBS: [&str; 2] =
    ["/openai/ingestion/jobs/0b1c-1?api-version=1", "/openai/ingestion/jobs/9f9f-2?api-version=1"];

fn upstream() -> Upstream {
    Upstream::start([Response::json(r#"{"id":"x"}"#)])
}

#[test]
fn ids_in_the_path_match_under_a_rule() {
    alone(&[], |_| {
        for rule in 0..2 {
            let (_folder, fixture) = place();
            let upstream = upstream();
            let azure = upstream.url();
            let rules = |builder: llmock::LlmMockBuilder| {
                let builder = builder.upstream(Provider::Azure, azure.clone());
                match rule {
                    0 => builder.ignore("path"),
                    _ => builder.normalize("path", "/jobs/[^/]+", "/jobs/<id>"),
                }
            };
            let result = records_and_replays(&upstream, &fixture, rules, |mock, replays| {
                let put = (Provider::Azure, "PUT", JOBS[usize::from(replays)]);
                assert_eq!(request(mock, put, &JSON, b"{}").status, 200);
            });
            result.unwrap();
        }
    });
}

#[test]
fn a_miss_by_the_path_names_the_path_and_a_rule() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = upstream();
        let azure = upstream.url();
        let rules =
            |builder: llmock::LlmMockBuilder| builder.upstream(Provider::Azure, azure.clone());
        let result = records_and_replays(&upstream, &fixture, rules, |mock, replays| {
            let put = (Provider::Azure, "PUT", JOBS[usize::from(replays)]);
            let reply = request(mock, put, &JSON, b"{}");
            assert_eq!(reply.status, if replays { 418 } else { 200 });
        });
        let report = result.unwrap_err().to_string();
        for part in [
            "no recorded request has this path",
            r#".normalize("path", "/jobs/[^/]+", "/jobs/<id>")"#,
        ] {
            assert!(report.contains(part), "`{part}` is not in:\n{report}");
        }
        assert!(!report.contains("matches this body"), "{report}");
    });
}

#[test]
fn values_in_the_query_match_under_a_rule() {
    alone(&[], |_| {
        for with_rule in [true, false] {
            let (_folder, fixture) = place();
            let rules = |builder: llmock::LlmMockBuilder| {
                if with_rule {
                    builder.ignore("query._").normalize("query.at", r"\d+", "N")
                } else {
                    builder
                }
            };
            let result = records_and_replays(&upstream(), &fixture, rules, |mock, replays| {
                let number = if replays { 22 } else { 1 };
                let path = format!("/v1/files?_={number}&at=t{number}&limit=2");
                request(mock, (Provider::OpenAI, "GET", &path), &[], b"").bytes();
            });
            assert_eq!(result.is_ok(), with_rule, "{result:?}");
            if let Err(error) = result {
                assert!(
                    error.to_string().contains("no recorded request has this query"),
                    "{error}"
                );
            }
        }
    });
}

#[test]
fn other_paths_and_parameters_still_count() {
    alone(&[], |_| {
        for path in ["/v1/files?limit=3&_=1", "/v1/batches?limit=2&_=1"] {
            let (_folder, fixture) = place();
            let rules = |builder: llmock::LlmMockBuilder| {
                builder.ignore("query._").normalize("path", "/jobs/[^/]+", "/jobs/<id>")
            };
            records_and_replays(&upstream(), &fixture, rules, |mock, replays| {
                let path = if replays { path } else { "/v1/files?limit=2&_=1" };
                request(mock, (Provider::OpenAI, "GET", path), &[], b"").bytes();
            })
            .unwrap_err();
        }
    });
}
