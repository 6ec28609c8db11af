//! `llmock serve` as a process of its own, in a folder of its own, without this process's variables.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use llmock_testkit::client::{Request, Response};

/// Nothing here takes so long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder that servers run in, one after the other.
#[derive(Debug)]
pub(crate) struct Place {
    folder: TempDir,
}

/// A running server; killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) origin: String,
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// A fixture of plain answers: prompt and what was answered, in this order.
    pub(crate) fn fixture(&self, name: &str, said: &[(&str, &str)]) {
        let interactions: Vec<String> = said.iter().map(|(p, a)| interaction(p, a)).collect();
        let text = format!("{{\"llmock\":1,\"interactions\":[{}]}}\n", interactions.join(","));
        self.write(name, &text);
    }

    pub(crate) fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = self.command_as_said(arguments, variables);
        if !arguments.contains(&"--port") {
            command.args(["--port", "0"]);
        }
        command
    }

    /// The same at the port that it chooses itself.
    pub(crate) fn command_as_said(
        &self,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_llmock"));
        command.arg("serve").args(arguments);
        command.current_dir(self.folder.path()).env_clear();
        // Windows finds no sockets without the first, and everybody wants a place for temporary files.
        for name in ["SYSTEMROOT", "PATH", "TMPDIR", "TEMP", "TMP"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(variables.iter().copied());
        command
    }

    /// A server that is ready.
    pub(crate) fn serve(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Server {
        Server::started(self.command(arguments, variables))
    }

    /// A server that does not start, and what it says about that.
    pub(crate) fn refuses(&self, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let mut command = self.command(arguments, variables);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if !line.is_empty() {
            child.kill().unwrap();
        }
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(!child.wait().unwrap().success() && line.is_empty(), "it started: {line} {said}");
        said
    }

    pub(crate) fn interactions(&self, name: &str) -> Vec<llmock::Interaction> {
        match llmock::Fixture::load(self.path(name)) {
            Ok(fixture) => fixture.interactions().to_vec(),
            Err(llmock::LoadError::Missing { .. }) => Vec::new(),
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits until a fixture has that many interactions.
    pub(crate) fn recorded(&self, name: &str, count: usize) -> Vec<llmock::Interaction> {
        soon(&format!("recording of {count} interactions"), || {
            let interactions = self.interactions(name);
            (interactions.len() >= count).then_some(interactions)
        })
    }
}

impl AsRef<Path> for Place {
    fn as_ref(&self) -> &Path {
        self.folder.path()
    }
}

impl Server {
    /// A server that is ready.
    pub(crate) fn started(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::<Mutex<String>>::default();
        let (stderr, heard) = (child.stderr.take().unwrap(), Arc::clone(&said));
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut heard = heard.lock().unwrap();
                heard.push_str(&line);
                heard.push('\n');
            }
        });
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            panic!("{line:?} is no ready line; said: {}", said.lock().unwrap());
        });
        thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        let origin = ready["url"].as_str().unwrap().trim_end_matches('/').to_owned();
        Self { origin, child, said }
    }

    pub(crate) fn send(&self, request: &Request) -> Response {
        request.send(&self.origin)
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said on standard error so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    pub(crate) fn says(&self, words: &str) {
        soon(&format!("{words:?} in {:?}", self.said()), || {
            self.said().contains(words).then_some(())
        });
    }

    /// Waits until the server answers with that many interactions that it has recorded itself.
    pub(crate) fn has_recorded(&self, count: usize) {
        let counts = |line: &str| -> Option<usize> {
            line.split_once(": recorded ")?.1.split(' ').next()?.parse().ok()
        };
        soon(&format!("recording of {count}"), || {
            let recorded: usize = self.said().lines().filter_map(counts).sum();
            (recorded >= count).then_some(())
        });
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Waits for the process to end by itself.
    pub(crate) fn ended(mut self) -> String {
        soon("the end of the server", || self.child.try_wait().unwrap());
        self.said()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A chat request that says only this.
pub(crate) fn chat(prompt: &str) -> Request {
    Request::post("/v1/chat/completions", body(prompt))
}

fn body(prompt: &str) -> String {
    format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{prompt}"}}]}}"#)
}

fn interaction(prompt: &str, answer: &str) -> String {
    format!(
        r#"{{"provider":"openai","request":{{"method":"POST","path":"/v1/chat/completions",
        "body":{}}},"response":{{"status":200,"body":{{"said":"{answer}"}}}}}}"#,
        body(prompt)
    )
}

/// Polls until `look` finds something.
pub(crate) fn soon<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "{what} has not happened");
        thread::sleep(Duration::from_millis(5));
    }
}
