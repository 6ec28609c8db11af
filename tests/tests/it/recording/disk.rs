//! What recording does to files that are not plain: links, modes, remains of killed processes, pipes.

use std::fs;
use std::path::Path;

use llmock_testkit::client::{chat, prompt};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{place, prompts};
use llmock_testkit::upstream::{Response, Upstream};

/// Records these prompts.
fn record(fixture: &Path, texts: &[&str]) {
    let upstream = Upstream::scripted(|_, request| Response::json(request.body.clone()));
    let mock = upstream.record(fixture, "disk::test").start().unwrap();
    for text in texts {
        chat(&mock, &prompt(text)).bytes();
    }
    mock.finish().unwrap();
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn temporary_files_of_killed_processes_are_removed() {
    alone(&[], |_| {
        let (folder, fixture) = place();
        for name in [".llmock-0123456789abcdef", ".llmock-fedcba9876543210"] {
            fs::write(folder.path().join(name), "half a fix").unwrap();
        }
        for kept in [".llmock-notes", ".llmockrc", ".llmock-0123456789abcdef.json"] {
            fs::write(folder.path().join(kept), "not ours").unwrap();
        }
        record(&fixture, &["a"]);
        assert_eq!(count(folder.path()), 4, "the fixture, and files that only look similar");
    });
}

#[cfg(unix)]
#[test]
fn private_fixtures_stay_private() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    alone(&[], |_| {
        for mode in [0o600, 0o640, 0o664] {
            let (_folder, fixture) = place();
            record(&fixture, &["a"]);
            fs::set_permissions(&fixture, fs::Permissions::from_mode(mode)).unwrap();
            let is_root = fs::metadata(&fixture).unwrap().uid() == 0;
            if is_root {
                std::os::unix::fs::chown(&fixture, Some(12_345), Some(54_321)).unwrap();
            }
            record(&fixture, &["b"]);
            let found = fs::metadata(&fixture).unwrap();
            assert_eq!(found.mode() & 0o777, mode);
            if is_root {
                assert_eq!((found.uid(), found.gid()), (12_345, 54_321));
            }
            assert_eq!(prompts(&fixture), ["b"]);
        }
    });
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_followed_whether_their_file_exists_or_not() {
    use std::os::unix::fs::symlink;
    alone(&[], |_| {
        let (folder, fixture) = place();
        let elsewhere = folder.path().join("elsewhere");
        // Relative, through a second link, into a folder that does not exist yet.
        symlink("second.json", &fixture).unwrap();
        symlink("elsewhere/real.json", folder.path().join("second.json")).unwrap();
        for texts in [&["a"][..], &["b"]] {
            record(&fixture, texts);
            assert!(fixture.is_symlink(), "the link stays a link");
            assert_eq!(prompts(&elsewhere.join("real.json")), texts);
            assert_eq!(count(&elsewhere), 1);
        }
        let circle = folder.path().join("circle.json");
        symlink("circle.json", &circle).unwrap();
        let upstream = Upstream::start([Response::json("{}")]);
        let error = upstream.record(&circle, "disk::test").start().unwrap_err().to_string();
        assert!(error.contains("circle.json"), "{error}");
    });
}

#[cfg(unix)]
#[test]
fn hard_links_stay_one_file() {
    alone(&[], |_| {
        let (folder, fixture) = place();
        record(&fixture, &["a"]);
        let other = folder.path().join("other.json");
        fs::hard_link(&fixture, &other).unwrap();
        for texts in [&["a", "a longer one"][..], &["b"]] {
            record(&fixture, texts);
            assert_eq!(prompts(&other), texts);
            assert_eq!(fs::read(&fixture).unwrap(), fs::read(&other).unwrap());
        }
        assert_eq!(count(folder.path()), 2);

        // A process was killed while it overwrote the file: the complete bytes lie next to it.
        let good = fs::read(&fixture).unwrap();
        fs::write(folder.path().join(".fixture.json.llmock-new"), &good).unwrap();
        fs::write(&fixture, &good[..good.len() / 2]).unwrap();
        assert_eq!(prompts(&fixture), ["b"]);
        assert_eq!(fs::read(&other).unwrap(), good);
        assert_eq!(count(folder.path()), 2);
    });
}

#[cfg(unix)]
#[test]
fn pipes_are_refused_instead_of_read_for_ever() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let made = std::process::Command::new("mkfifo").arg(&fixture).status().unwrap();
        assert!(made.success());
        let upstream = Upstream::start([Response::json("{}")]);
        let error = upstream.record(&fixture, "disk::test").start().unwrap_err().to_string();
        assert!(error.contains("not a regular file"), "{error}");
        let error = llmock::Fixture::load(&fixture).unwrap_err();
        assert!(matches!(error, llmock::LoadError::Io { .. }), "{error:?}");
    });
}
