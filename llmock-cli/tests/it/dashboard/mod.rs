//! `llmock dashboard` and `llmock report`, run as processes.

mod access;
mod browser;
mod demo;
mod edits;
mod hostile;
mod pages;
mod report;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Stdio};

use llmock_testkit::client::{Request, Response};

use crate::command::Desk;

/// A running dashboard; stopped when it is dropped.
#[derive(Debug)]
pub(crate) struct Dashboard {
    /// `http://127.0.0.1:PORT`
    pub(crate) origin: String,
    /// `/TOKEN`
    pub(crate) base: String,
    child: Child,
    _stdout: BufReader<ChildStdout>,
}

impl Dashboard {
    pub(crate) fn start(desk: &Desk, arguments: &[&str]) -> Self {
        Self::start_in(desk, ".", arguments)
    }

    /// In a folder of the desk.
    pub(crate) fn start_in(desk: &Desk, folder: &str, arguments: &[&str]) -> Self {
        Self::start_with(desk, folder, arguments, &[])
    }

    /// With these variables.
    pub(crate) fn start_with(
        desk: &Desk,
        folder: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let mut command = desk.command(&["dashboard"]);
        command
            .current_dir(desk.path(folder))
            .args(arguments)
            .envs(variables.iter().copied())
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("LLMOCK_API_KEY");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some(url) = line.trim_end().strip_prefix("dashboard: ") else {
            let mut why = String::new();
            child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
            panic!("{line:?} is not an address: {why}");
        };
        let (origin, base) = url.split_at(url[7..].find('/').unwrap() + 7);
        let (origin, base) = (origin.to_owned(), base.trim_end_matches('/').to_owned());
        Self { origin, base, child, _stdout: stdout }
    }

    pub(crate) fn get(&self, page: &str) -> Response {
        Request::get(&format!("{}/{page}", self.base)).send(&self.origin)
    }

    /// A page that exists.
    pub(crate) fn page(&self, page: &str) -> String {
        let response = self.get(page);
        assert_eq!(response.status, 200, "{page}: {}", response.text());
        response.text()
    }

    pub(crate) fn post(&self, action: &str, form: &str) -> Response {
        let path = format!("{}/{action}", self.base);
        let request = Request { method: "POST", body: form.into(), ..Request::get(&path) };
        request.header("content-type", "application/x-www-form-urlencoded").send(&self.origin)
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last run of a package with one test that missed, and one that passed.
pub(crate) const LAST_RUN: &str = concat!(
    r#"{"run":"1","test":"agent::fails","fixture":"agent.json","mode":"replay","verdict":"failed","interactions":{"used":1,"total":4},"#,
    r#""misses":[{"request":2,"provider":"openai","method":"POST","path":"/v1/chat/completions","reason":"body_differs","#,
    r#""sentence":"the body differs from interaction 2","differs_at":["$.messages[0].content"]}],"failures":[],"notes":[],"findings":[],"#,
    r#""record":"LLMOCK_MODE=record cargo test -- agent::fails --exact"}"#,
    "\n",
    r#"{"run":"1","test":"agent::passes","fixture":"agent.json","mode":"replay","verdict":"passed","interactions":{"used":2,"total":4},"#,
    r#""misses":[],"failures":[],"notes":[{"name":"repeated","sentence":"a response was repeated"}],"findings":[],"#,
    r#""usage":{"requests":2,"input":100,"cached":0,"output":20,"usd":"0.0012"}}"#,
    "\n",
    r#"{"run":"1","refused":{"provider":"openai","method":"POST","path":"/v1/models","sentence":"no test was running"}}"#,
    "\n",
);

/// A desk with fixtures in two suites and a last run.
pub(crate) fn desk() -> Desk {
    let desk = Desk::with(&["agent.json"]);
    let one = desk.read("agent.json");
    desk.write("shop/orders.json", &one);
    desk.write("target/llmock/last-run.jsonl", LAST_RUN);
    desk
}
