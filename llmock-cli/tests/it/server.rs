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

/// Nothing here takes longer, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder that servers run in, one after the other.
#[derive(Debug)]
pub(crate) struct Workdir {
    folder: TempDir,
}

/// A running server; killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) origin: String,
    /// The line that it printed when it was ready.
    pub(crate) ready: serde_json::Value,
    child: Child,
    stderr: Arc<Mutex<String>>,
}

impl Workdir {
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

    /// Writes a fixture from prompts and responses.
    pub(crate) fn fixture(&self, name: &str, exchanges: &[(&str, &str)]) {
        let interactions: Vec<String> = exchanges.iter().map(|(p, a)| interaction(p, a)).collect();
        let text = format!("{{\"llmock\":1,\"interactions\":[{}]}}\n", interactions.join(","));
        self.write(name, &text);
    }

    pub(crate) fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = self.command_with_default_port(arguments, variables);
        if !arguments.contains(&"--port") {
            command.args(["--port", "0"]);
        }
        command
    }

    /// The same with the default port.
    pub(crate) fn command_with_default_port(
        &self,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_llmock"));
        command.arg("serve").args(arguments);
        command.current_dir(self.folder.path()).env_clear();
        // Windows needs the first for sockets. The others name the folder for temporary files.
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

    /// Starts a server that must fail, and returns its message.
    pub(crate) fn fails_to_start(&self, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let mut command = self.command(arguments, variables);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if !line.is_empty() {
            child.kill().unwrap();
        }
        let mut message = String::new();
        child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
        assert!(
            !child.wait().unwrap().success() && line.is_empty(),
            "it started: {line} {message}"
        );
        message
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

impl AsRef<Path> for Workdir {
    fn as_ref(&self) -> &Path {
        self.folder.path()
    }
}

impl Server {
    /// A server that is ready.
    pub(crate) fn started(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = Arc::<Mutex<String>>::default();
        let (pipe, log) = (child.stderr.take().unwrap(), Arc::clone(&stderr));
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                let mut log = log.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            panic!("{line:?} is not the ready line; stderr: {}", stderr.lock().unwrap());
        });
        thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        let origin = ready["url"].as_str().unwrap().trim_end_matches('/').to_owned();
        Self { origin, ready, child, stderr }
    }

    pub(crate) fn send(&self, request: &Request) -> Response {
        request.send(&self.origin)
    }

    /// The id of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed to standard error so far.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    pub(crate) fn wait_for_stderr(&self, words: &str) {
        soon(&format!("{words:?} in {:?}", self.stderr()), || {
            self.stderr().contains(words).then_some(())
        });
    }

    /// Waits until the server responds with this many interactions that it recorded itself.
    pub(crate) fn wait_for_recordings(&self, count: usize) {
        let counts = |line: &str| -> Option<usize> {
            line.split_once(": recorded ")?.1.split(' ').next()?.parse().ok()
        };
        soon(&format!("recording of {count}"), || {
            let recorded: usize = self.stderr().lines().filter_map(counts).sum();
            (recorded >= count).then_some(())
        });
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Stops the server, which must exit with this code, and returns what it printed.
    #[cfg(unix)]
    pub(crate) fn stderr_after_exit(mut self, code: i32) -> String {
        self.signal("-TERM");
        let status = soon("the end of the server", || self.child.try_wait().unwrap());
        // The thread that reads the pipe may still be at it.
        soon("the last line", || Arc::strong_count(&self.stderr).eq(&1).then_some(()));
        assert_eq!(status.code(), Some(code), "{}", self.stderr());
        self.stderr()
    }

    /// Waits for the process to end by itself.
    pub(crate) fn wait_for_exit(mut self) -> String {
        soon("the end of the server", || self.child.try_wait().unwrap());
        self.stderr()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A chat request with this prompt.
pub(crate) fn chat(prompt: &str) -> Request {
    Request::post("/v1/chat/completions", body(prompt))
}

fn body(prompt: &str) -> String {
    format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{prompt}"}}]}}"#)
}

fn interaction(prompt: &str, response: &str) -> String {
    format!(
        r#"{{"provider":"openai","request":{{"method":"POST","path":"/v1/chat/completions",
        "body":{}}},"response":{{"status":200,"body":{{"said":"{response}"}}}}}}"#,
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
