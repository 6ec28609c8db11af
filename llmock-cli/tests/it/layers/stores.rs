//! Layers in stores: S3, and a folder with locks.

use std::fs;

use llmock_testkit::process::skipped;

use super::Team;
use super::s3::{Fault, LARGE, Server};
use crate::server::soon;

const LAYER: &str = "s3://team/main";

fn team(server: &Server) -> Team {
    Team::new(server.variables(), &["fixtures", LAYER])
}

#[test]
fn what_one_pushes_another_pulls_and_reads_offline() {
    let server = Server::start();
    let alice = team(&server);
    alice.records("chat/a.json", &[("a", "from alice")]);
    alice.records("b.json", &[("b", "b")]);
    alice.desk.write("fixtures/package.json", "{\"name\": \"no fixture\"}");
    let pushed = alice.prints(&["push"]);
    assert!(pushed.starts_with("s3://team/main: 2 added; 2 files, version "), "{pushed}");
    assert!(alice.prints(&["push"]).contains("nothing to push"));

    let bob = team(&server);
    let error = bob.fails(&["layers"]);
    assert_eq!(
        error,
        "error: layer `s3://team/main` was not fetched yet\nhint: run `llmock pull`\n"
    );
    let pulled = bob.prints(&["pull"]);
    assert!(pulled.starts_with("s3://team/main: 2 files, 2 fetched, version "), "{pulled}");
    assert!(bob.prints(&["pull"]).starts_with("s3://team/main: up to date, 2 files, version "));
    // Without a network.
    server.set(Fault::Expired);
    let shown = bob.prints(&["layers", "--verify"]);
    assert!(shown.contains("  1  fixtures  no fixtures yet, recordings go here"), "{shown}");
    assert!(shown.contains("  2  s3://team/main  2 fixtures, version "), "{shown}");
    let listed = bob.prints(&["list"]);
    assert!(
        listed.contains("s3://team/main/chat/a.json") && listed.contains("from alice"),
        "{listed}"
    );
    server.set(Fault::None);

    // Only what has changed is transferred.
    alice.records("b.json", &[("b", "better")]);
    assert!(alice.prints(&["push"]).contains(": 1 changed; 2 files"));
    server.requests();
    assert!(bob.prints(&["pull"]).contains(": 2 files, 1 fetched"));
    let blobs = server.requests().iter().filter(|one| one.contains("/blobs/")).count();
    assert_eq!(blobs, 1);
}

#[test]
fn faults_of_a_store_leave_the_cache_as_it_was() {
    let server = Server::start();
    let alice = team(&server);
    alice.records("a.json", &[("a", "a")]);
    alice.prints(&["push"]);
    let bob = team(&server);
    bob.prints(&["pull"]);
    let before = bob.prints(&["layers"]);
    alice.records("a.json", &[("a", "changed")]);
    alice.records("new.json", &[("new", "new")]);
    alice.prints(&["push"]);
    for (fault, expected) in [
        (Fault::Cut, "`s3://team/main`"),
        (Fault::Expired, "the credentials have expired\nhint: "),
        (Fault::Wrong, "the store returned wrong data, and nothing was changed"),
    ] {
        server.set(fault);
        let error = bob.fails(&["pull"]);
        assert!(error.starts_with("error: ") && error.contains(expected), "{fault:?}: {error}");
        assert_eq!(bob.prints(&["layers", "--verify"]), before, "{fault:?}");
    }
    server.set(Fault::None);
    assert!(bob.prints(&["pull"]).contains("2 files"));
    // A file that a layer lacks, and a manifest that is none.
    fs::remove_dir_all(server.object("main/blobs")).unwrap();
    let error = team(&server).fails(&["pull"]);
    assert!(error.contains("is missing in the store: there is no `blobs/"), "{error}");
    fs::write(server.object("main/manifest.json"), "<html>").unwrap();
    let error = bob.fails(&["pull"]);
    assert!(
        error.contains("the `manifest.json` of `s3://team/main` is invalid: it is not valid JSON"),
        "{error}"
    );
    let error = Team::new(server.variables(), &["fixtures", "s3://team/nothing"]).fails(&["pull"]);
    assert!(error.contains("has no `manifest.json`: nothing was pushed there"), "{error}");
    let mut variables = server.variables();
    variables.retain(|(name, _)| *name != "AWS_SECRET_ACCESS_KEY");
    variables.push(("AWS_SECRET_ACCESS_KEY", "another".to_owned()));
    let error = Team::new(variables, &["fixtures", LAYER]).fails(&["pull"]);
    assert!(
        error.contains("the store refused the credentials\nhint: set `AWS_ACCESS_KEY_ID`"),
        "{error}"
    );
}

#[test]
fn a_pull_that_is_killed_changes_nothing_and_goes_on_later() {
    let server = Server::start();
    let (alice, bob) = (team(&server), team(&server));
    alice.records("a.json", &[("a", "a")]);
    alice.prints(&["push"]);
    bob.prints(&["pull"]);
    let before = bob.prints(&["layers", "--verify"]);
    for name in ["b.json", "c.json"] {
        alice.records(name, &[(name, "small")]);
    }
    alice.records("large.json", &[("large", &"x".repeat(LARGE))]);
    alice.prints(&["push"]);
    server.set(Fault::Stalled);
    let mut pull = bob.command(&["pull"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    let arrived = |name: &str| {
        let found =
            bob.cached().into_iter().find(|path| path.ends_with(&format!("files/{name}")))?;
        fs::read_to_string(&found).is_ok_and(|text| text.ends_with("}\n")).then_some(found)
    };
    soon("two files", || Some((arrived("b.json")?, arrived("c.json")?)));
    pull.kill().unwrap();
    pull.wait().unwrap();
    server.set(Fault::None);
    assert_eq!(bob.prints(&["layers", "--verify"]), before);
    // A file of which half is there is transferred again, also if the store has another version by then.
    let half = arrived("c.json").unwrap();
    let text = fs::read(&half).unwrap();
    fs::write(&half, &text[..text.len() / 2]).unwrap();
    alice.records("d.json", &[("d", "d")]);
    alice.prints(&["push"]);
    let pulled = bob.prints(&["pull"]);
    assert!(pulled.contains(": 5 files, 3 fetched"), "{pulled}");
    bob.prints(&["layers", "--verify"]);
    // Nothing is left of the first attempt.
    let is_left = |path: &String| path.rsplit("/layers/").next().unwrap().contains("/.");
    let left: Vec<String> = bob.cached().into_iter().filter(is_left).collect();
    assert!(left.iter().all(|path| path.ends_with("/.lock")), "{left:?}");
}

#[test]
fn a_push_that_does_not_finish_changes_nothing_and_goes_on_later() {
    let server = Server::start();
    let (alice, bob) = (team(&server), team(&server));
    alice.records("a.json", &[("a", "a")]);
    alice.prints(&["push"]);
    bob.prints(&["pull"]);
    alice.records("a.json", &[("a", "changed")]);
    alice.records("b.json", &[("b", "b")]);
    server.set(Fault::Unfinished);
    let error = alice.fails(&["push"]);
    assert!(error.contains("the credentials have expired"), "{error}");
    assert!(
        bob.prints(&["pull"]).contains(": up to date, 1 file"),
        "a reader sees the old version"
    );
    server.set(Fault::None);
    server.requests();
    assert!(alice.prints(&["push"]).contains(": 1 added, 1 changed; 2 files"));
    let again = server
        .requests()
        .into_iter()
        .filter(|one| one.starts_with("PUT") && one.contains("/blobs/"));
    assert_eq!(again.count(), 0, "the files had arrived");
    assert!(bob.prints(&["pull"]).contains(": 2 files, 2 fetched"));
}

#[test]
fn a_changed_cache_is_noticed_and_fetched_again() {
    let server = Server::start();
    let alice = team(&server);
    alice.records("a.json", &[("a", "a")]);
    alice.prints(&["push"]);
    let copy = alice.cached().into_iter().find(|name| name.ends_with("files/a.json")).unwrap();
    fs::write(&copy, fs::read_to_string(&copy).unwrap().replace("\"a\"", "\"x\"")).unwrap();
    let error = alice.fails(&["layers", "--verify"]);
    assert!(
        error.contains(
            "`a.json` of layer `s3://team/main` does not have the digest of its manifest"
        ),
        "{error}"
    );
    assert!(alice.fails(&["list"]).contains("does not have the digest of its manifest"));
    alice.prints(&["pull"]);
    alice.prints(&["layers", "--verify"]);
}

/// Twelve processes push a file each, at the same time; none is lost.
pub(super) fn many_writers(layer: &str, variables: &[(&'static str, String)]) {
    let writers: Vec<Team> =
        (0..12).map(|_| Team::new(variables.to_vec(), &["fixtures", layer])).collect();
    let running: Vec<_> = writers
        .iter()
        .enumerate()
        .map(|(number, writer)| {
            writer.records(&format!("of-{number}.json"), &[("a", &format!("answer {number}"))]);
            writer.command(&["push"]).stdout(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut process in running {
        assert!(process.wait().unwrap().success());
    }
    let reader = Team::new(variables.to_vec(), &["fixtures", layer]);
    let pulled = reader.prints(&["pull"]);
    assert!(pulled.contains(": 12 files, 12 fetched"), "{pulled}");
}

#[test]
fn writers_at_the_same_time_lose_nothing_in_s3() {
    let server = Server::start();
    // The server must refuse a conditional write, or this test would show nothing.
    let first = team(&server);
    first.records("a.json", &[("a", "a")]);
    first.prints(&["push", "s3://team/probe", "--from", "fixtures"]);
    let refused = team(&server);
    refused.records("a.json", &[("a", "b")]);
    if !refused
        .fails(&["push", "s3://team/probe", "--from", "fixtures"])
        .contains("someone else has changed `a.json`")
    {
        skipped("writers at the same time in S3: the server has no conditional writes");
        return;
    }
    many_writers(LAYER, &server.variables());
}

#[test]
fn writers_at_the_same_time_lose_nothing_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    many_writers(&format!("file://{}", folder.path().join("new/layer").display()), &[]);
}

#[test]
fn a_file_that_another_has_changed_is_not_overwritten() {
    let server = Server::start();
    let (alice, bob) = (team(&server), team(&server));
    alice.records("a.json", &[("a", "alice")]);
    alice.prints(&["push"]);
    bob.records("a.json", &[("a", "bob")]);
    let error = bob.fails(&["push"]);
    assert_eq!(
        error,
        "error: someone else has changed `a.json` in `s3://team/main` since the last pull; nothing was pushed\n\
         hint: run `llmock pull` and compare, or overwrite with `--force`\n"
    );
    bob.prints(&["pull"]);
    let shown = bob.prints(&["layers"]);
    let expected =
        "`a.json` is in `fixtures` and `s3://team/main` with another response to 1 request";
    assert!(shown.contains(expected), "{shown}");
    // After a look at it, it is meant.
    assert!(bob.prints(&["push"]).contains(": 1 changed"));
    assert!(alice.prints(&["pull"]).contains("1 fetched"));
    alice.records("a.json", &[("a", "alice again")]);
    bob.records("b.json", &[("b", "b")]);
    assert!(bob.prints(&["push", "--delete"]).contains(": 1 added"));
    assert!(alice.prints(&["push", "--force"]).contains(": 1 changed; 2 files"));
}

#[test]
fn old_versions_are_kept_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let layer = format!("file://{}", folder.path().display());
    let alice = Team::new(vec![("LLMOCK_TEST_GRACE", "0".to_owned())], &["fixtures", &layer]);
    let mut versions = Vec::new();
    for answer in ["one", "two", "three", "four"] {
        alice.records("a.json", &[("a", answer)]);
        let pushed = alice.prints(&["push"]);
        let version = alice.cached().into_iter().find(|name| name.ends_with("/current")).unwrap();
        versions.push(fs::read_to_string(version).unwrap().trim().to_owned());
        assert!(pushed.contains(&versions.last().unwrap()[..12]));
    }
    let count = |name: &str| fs::read_dir(folder.path().join(name)).unwrap().count();
    assert_eq!((count("manifests"), count("blobs")), (4, 4));
    // A version can be pinned.
    let pinned = format!("{layer}#sha256={}", versions[1]);
    let bob = Team::new(Vec::new(), &["fixtures", &pinned]);
    bob.prints(&["pull"]);
    assert!(bob.prints(&["list"]).contains("\"two\"") || bob.prints(&["list"]).contains("two"));
    alice.records("a.json", &[("a", "five")]);
    assert!(alice.prints(&["push", "--keep", "2"]).contains("6 old objects removed"));
    assert_eq!((count("manifests"), count("blobs")), (2, 2));
    let error = Team::new(Vec::new(), &["fixtures", &pinned]).fails(&["pull"]);
    assert!(error.contains("it was never pushed, or `--keep` has removed it"), "{error}");
    assert!(bob.prints(&["pull"]).contains("up to date"), "what was fetched stays");
}

#[test]
fn what_cannot_be_pushed_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let layer = format!("file://{}", folder.path().display());
    let team = Team::new(Vec::new(), &["fixtures", &layer]);
    assert!(team.fails(&["push"]).contains("there is no folder `"));
    fs::create_dir(team.desk.path("fixtures")).unwrap();
    let error = team.fails(&["push"]);
    assert!(
        error.contains("there are no fixtures in `") && error.contains("nothing was pushed"),
        "{error}"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    team.records("a.json", &[("a", "a")]);
    let error = team.fails(&["push", "https://host/fixtures", "--from", "fixtures"]);
    assert!(error.contains("servers for files are only read"), "{error}");
    let error = Team::new(Vec::new(), &["fixtures"]).fails(&["push"]);
    assert!(error.contains("names a store\nhint: "), "{error}");
    assert_eq!(team.run(&["push", "fixtures"]).code, 2);
    assert_eq!(team.run(&["push", "--keep", "0"]).code, 2);
}
