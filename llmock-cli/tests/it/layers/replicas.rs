//! Replicas of `llmock serve` that read one layer.

use llmock_testkit::client::Request;
use llmock_testkit::scratch::question;

use super::Team;
use super::s3::{Fault, Server};
use crate::server::Workdir;

#[test]
fn replicas_serve_one_layer_also_without_its_store() {
    let store = Server::start();
    let team = Team::new(store.variables(), &["fixtures", "s3://team/main"]);
    team.records("chat/a.json", &[("a", "from the layer")]);
    team.prints(&["push"]);
    let workdir = Workdir::new();
    let cache = workdir.path("cache").display().to_string();
    let mut variables = store.variables();
    variables.push(("LLMOCK_CACHE_DIR", cache));
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let request = Request::post("/v1/chat/completions", question("a"));
    let start = || workdir.serve(&["--fixtures", "s3://team/main"], &variables);
    let replicas = [start(), start(), start(), start()];
    for replica in &replicas {
        let response = request.send(&replica.origin);
        assert!(response.text().contains("from the layer"), "{}", response.text());
    }
    store.set(Fault::Expired);
    let late = start();
    assert!(request.send(&late.origin).text().contains("from the layer"));
    let elsewhere = workdir.path("other").display().to_string();
    let mut without = variables.clone();
    without.retain(|(name, _)| *name != "LLMOCK_CACHE_DIR");
    without.push(("LLMOCK_CACHE_DIR", &elsewhere));
    let message = workdir.fails_to_start(&["--fixtures", "s3://team/main"], &without);
    assert!(message.contains("the credentials have expired"), "{message}");
    let message = workdir.fails_to_start(&["--fixtures", "s3://team/main", "--record"], &variables);
    assert!(message.contains("`record` needs a folder to write to"), "{message}");
}
