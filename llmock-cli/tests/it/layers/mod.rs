//! `llmock pull`, `push`, and `layers`: fixtures that a team shares.

mod archives;
mod clouds;
mod folders;
mod replicas;
mod s3;
mod stores;

use std::process::Command;

use llmock_testkit::scratch::fixture;

use crate::command::{Desk, Ran};

/// A workspace with a cache of its own.
struct Team {
    desk: Desk,
    variables: Vec<(&'static str, String)>,
}

impl Team {
    fn new(variables: Vec<(&'static str, String)>, layers: &[&str]) -> Self {
        let team = Self { desk: Desk::with(&[]), variables };
        team.desk.write("Cargo.toml", "[workspace]\n");
        let layers: Vec<_> = layers.iter().map(|layer| format!("{layer:?}")).collect();
        team.desk.write("llmock.toml", &format!("layers = [{}]\n", layers.join(", ")));
        team
    }

    /// A fixture of the first layer.
    fn records(&self, name: &str, answers: &[(&str, &str)]) {
        self.desk.write(&format!("fixtures/{name}"), &fixture(answers));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.desk.command(arguments);
        command.env("LLMOCK_CACHE_DIR", self.desk.path("cache"));
        command.envs(self.variables.iter().map(|(name, value)| (*name, value.as_str())));
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap().replace('\\', "/");
        Ran {
            code: output.status.code().unwrap(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    #[track_caller]
    fn prints(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
        ran.out
    }

    #[track_caller]
    fn fails(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 1, "{ran:?}");
        ran.err
    }

    /// The names of everything that the cache has.
    fn cached(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut open = vec![self.desk.path("cache")];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    names.push(path.display().to_string().replace('\\', "/"));
                }
            }
        }
        names
    }
}
