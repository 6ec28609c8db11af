//! Replicas of `llmock serve` that read one layer, as the manifest for Kubernetes configures them.

use llmock_testkit::client::Request;
use llmock_testkit::scratch::question;

use super::Team;
use super::s3::{Fault, Server};
use crate::serve::container::manifest;
use crate::server::Workdir;
#[cfg(unix)]
use crate::server::soon;

/// The configuration of the manifest with the line that it shows for a store.
fn configuration(layer: &str) -> String {
    let text = manifest("ConfigMap")["data"]["llmock.yaml"].as_str().unwrap().to_owned();
    let (folder, shown) = ("fixtures: /fixtures\n", "#   fixtures: s3://team-fixtures/main\n");
    assert!(text.contains(folder) && text.contains(shown), "{text}");
    text.replace(folder, "").replace(shown, &format!("fixtures: {layer}\n"))
}

/// Each has its own cache, as pods do.
#[test]
fn replicas_serve_one_layer_also_without_its_store() {
    let store = Server::start();
    let team = Team::new(store.variables(), &["fixtures", "s3://team/main"]);
    team.records("chat/a.json", &[("a", "from the layer")]);
    team.prints(&["push"]);
    let workdir = Workdir::new();
    workdir.write("llmock.yaml", &configuration("s3://team/main"));
    let own = store.variables();
    let variables = |cache: &str| -> Vec<(&str, String)> {
        let cache = workdir.path(cache).display().to_string();
        own.iter().cloned().chain([("LLMOCK_CACHE_DIR", cache)]).collect()
    };
    let request = Request::post("/v1/chat/completions", question("a"));
    let start = |cache: &str| {
        let variables = variables(cache);
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        workdir.serve(&["--config", "llmock.yaml", "--host", "127.0.0.1"], &variables)
    };
    let replicas = ["one", "two", "three", "four"].map(start);
    for replica in &replicas {
        let response = request.send(&replica.origin);
        assert!(response.text().contains("from the layer"), "{}", response.text());
    }
    // All of them read the layer again.
    #[cfg(unix)]
    {
        team.records("chat/a.json", &[("a", "from its next version")]);
        team.prints(&["push"]);
        for replica in &replicas {
            replica.signal("-HUP");
            soon("the next version", || {
                request.send(&replica.origin).text().contains("its next version").then_some(())
            });
        }
    }
    store.set(Fault::Expired);
    let late = start("one");
    assert!(request.send(&late.origin).text().contains("from "));
    let variables = variables("other");
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let message = workdir.fails_to_start(&["--fixtures", "s3://team/main"], &variables);
    assert!(message.contains("the credentials have expired"), "{message}");
    let message = workdir.fails_to_start(&["--fixtures", "s3://team/main", "--record"], &variables);
    assert!(message.contains("`record` needs a folder to write to"), "{message}");
}
