//! Layers that are one archive.

use std::fs::{self, File};
use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use llmock_testkit::scratch::fixture;
use llmock_testkit::upstream::{Response, Upstream};

use super::Team;

fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        // The library refuses names that this test needs.
        let place = &mut header.as_old_mut().name;
        place[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, Cursor::new(text)).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn archives_are_fetched_and_compared_with_their_digest() {
    let answers = fixture(&[("a", "from an archive")]);
    let packed = gzip(&tar(&[("fixtures/chat/a.json", &answers), ("fixtures/b.json", &answers)]));
    let digest = llmock::__command::sha256(&packed);
    let body = packed.clone();
    let upstream = Upstream::scripted(move |_, _| Response::status(200).body(body.clone()));
    let layer = format!("{}/fixtures.tar.gz#sha256={digest}", upstream.url());
    let team = Team::new(Vec::new(), &["own", &layer]);
    let pulled = team.prints(&["pull"]);
    assert!(pulled.contains(": 2 files, 2 fetched, version "), "{pulled}");
    let listed = team.prints(&["list"]);
    assert!(
        listed.contains("fixtures.tar.gz/chat/a.json") && listed.contains("from an archive"),
        "{listed}"
    );
    let fetched = upstream.requests().len();
    team.prints(&["pull"]);
    assert_eq!(upstream.requests().len(), fetched, "a pinned layer is not fetched twice");

    let other = format!("{}/fixtures.tar.gz#sha256={}", upstream.url(), "0".repeat(64));
    let team = Team::new(Vec::new(), &["own", &other]);
    let error = team.fails(&["pull"]);
    assert!(
        error.contains("does not have its digest: expected 000000000000, received "),
        "{error}"
    );
    assert!(team.cached().iter().all(|name| name.ends_with("/.lock")), "{:?}", team.cached());
}

#[test]
fn archives_that_are_wrong_leave_nothing() {
    let answers = fixture(&[("a", "a")]);
    let good = tar(&[("a.json", &answers)]);
    let cut = gzip(&good);
    for (name, bytes, expected) in [
        ("x.tar", tar(&[("../a.json", &answers)]), "would be outside of the layer"),
        ("x.tar", tar(&[("/etc/a.json", &answers)]), "would be outside of the layer"),
        ("x.tar", tar(&[]), "it holds no fixtures"),
        ("x.tgz", cut[..cut.len() / 2].to_vec(), "failed to unpack `"),
        ("x.tar.zst", good.clone(), "failed to unpack `"),
        ("x.tar", b"not an archive at all".to_vec(), "failed to unpack `"),
    ] {
        let team = Team::new(Vec::new(), &["own", name]);
        File::create(team.desk.path(name)).unwrap().write_all(&bytes).unwrap();
        let error = team.fails(&["pull"]);
        assert!(error.contains(expected), "{name}: {error}");
        assert!(team.cached().iter().all(|name| name.ends_with("/.lock")), "{:?}", team.cached());
    }
    let team = Team::new(Vec::new(), &["own", "x.tar"]);
    assert!(team.fails(&["pull"]).contains("x.tar` does not exist"));
    fs::write(team.desk.path("x.tar"), good).unwrap();
    assert!(team.prints(&["pull"]).contains("1 file"));
}
