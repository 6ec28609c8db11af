//! The pages in a real browser: Chromium, controlled through `ChromeDriver` (<https://www.w3.org/TR/webdriver2/>).
//!
//! Without `chromium` and `chromedriver` in the path the tests print a line and pass. `LLMOCK_TEST_SCREENSHOTS=DIR`
//! keeps a picture of every page.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use llmock_testkit::client::{JSON, Request, send};
use llmock_testkit::process::skipped;
use serde_json::{Value, json};

use super::Dashboard;
use super::demo::demo;
use crate::server::{Workdir, soon};

const WIDTHS: [u32; 2] = [400, 1400];
const THEMES: [&str; 2] = ["light", "dark"];

/// A browser with one tab; closed when it is dropped.
struct Browser {
    driver: Child,
    session: String,
}

/// A program in the path.
fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let all = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.into_iter().find(|file| file.is_file())
}

impl Browser {
    fn start() -> Option<Self> {
        let found = program(&["chromium", "chromium-browser", "google-chrome"])
            .and_then(|chromium| Some((chromium, program(&["chromedriver"])?)));
        let Some((chromium, driver)) = found else {
            skipped("pages in a browser: no chromium and chromedriver in the path");
            return None;
        };
        let mut command = Command::new(driver);
        command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = command.spawn().unwrap();
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut ports = lines.filter_map(|line| {
            line.split_once("successfully on port ")
                .map(|(_, rest)| rest.trim_matches('.').to_owned())
        });
        let origin = format!("http://127.0.0.1:{}", ports.next().expect("a port"));
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
        ];
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "binary": chromium, "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let mut browser = Self { driver, session: format!("{origin}/session") };
        let started = browser.call("", &capabilities);
        let id = started["sessionId"].as_str().expect("a session").to_owned();
        browser.session = format!("{origin}/session/{id}");
        Some(browser)
    }

    /// Sends a command, and gives its value.
    fn call(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.session);
        let response = send("POST", &url, &JSON, body.to_string().as_bytes()).collect();
        let value: Value = serde_json::from_slice(&response.bytes()).unwrap();
        assert_eq!(response.status, 200, "{path}: {value}");
        value["value"].clone()
    }

    fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.call("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    fn view(&self, width: u32, theme: &str) {
        let metrics =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        let features = json!([{ "name": "prefers-color-scheme", "value": theme }]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    fn open(&self, url: &str) {
        self.call("/url", &json!({ "url": url }));
    }

    /// The value of a function's body.
    fn run(&self, script: &str) -> Value {
        self.call("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits until a script returns something else than false.
    fn wait(&self, condition: &str) {
        soon(condition, || {
            (self.run(&format!("return Boolean({condition});")) == true).then_some(())
        });
    }

    /// Presses and releases keys, one after the other.
    fn press(&self, keys: &[&str]) {
        let named = |key: &str| match key {
            "Tab" => "\u{e004}".to_owned(),
            "Enter" => "\u{e007}".to_owned(),
            "Right" => "\u{e014}".to_owned(),
            "Left" => "\u{e012}".to_owned(),
            other => other.to_owned(),
        };
        let actions: Vec<Value> = keys
            .iter()
            .map(|key| named(key))
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })))
            .collect();
        let source = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.call("/actions", &json!({ "actions": [source] }));
    }

    /// Presses Tab until the focus is on an element with this text.
    fn tab_to(&self, text: &str) {
        for _ in 0..80 {
            if self.focused().contains(text) {
                return;
            }
            self.press(&["Tab"]);
        }
        panic!("Tab does not reach {text:?}; the focus is on {:?}", self.focused());
    }

    fn focused(&self) -> String {
        let text = "return document.activeElement === document.body ? '' : document.activeElement.textContent;";
        self.run(text).as_str().unwrap_or_default().to_owned()
    }

    /// What the browser complains about.
    fn complaints(&self) -> Vec<String> {
        let log = self.call("/se/log", &json!({ "type": "browser" }));
        let lines = log.as_array().cloned().unwrap_or_default();
        lines.iter().filter_map(|line| Some(line["message"].as_str()?.to_owned())).collect()
    }

    fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("LLMOCK_TEST_SCREENSHOTS") else { return };
        let shot = self.devtools("Page.captureScreenshot", &json!({ "format": "png" }));
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(shot["data"].as_str().unwrap())
            .unwrap();
        let folder = PathBuf::from(folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), bytes).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It closes the browser.
        let _ = send("DELETE", &self.session, &[], b"").collect();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// What is wrong with a page: things without a name, text that is hard to read, and parts outside of the window.
const FLAWS: &str = r#"
const flaws = [];
const name = (e) => (e.getAttribute("aria-label") || e.textContent || e.value || e.title || "").trim();
const seen = (e) => e.checkVisibility() && e.getClientRects().length > 0;
const wide = document.documentElement.scrollWidth - window.innerWidth;
if (wide > 0) {
  const out = [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > window.innerWidth + 1);
  flaws.push(`${wide} pixels too wide: ${out.slice(0, 3).map((e) => e.outerHTML.slice(0, 80)).join(" ")}`);
}
for (const e of document.querySelectorAll("a, button, summary")) if (seen(e) && !name(e)) flaws.push(`no name: ${e.outerHTML.slice(0, 100)}`);
for (const e of document.querySelectorAll("input:not([type=hidden]), select")) if (seen(e) && !e.labels.length && !e.getAttribute("aria-label")) flaws.push(`no label: ${e.outerHTML}`);
if (!document.documentElement.lang || !document.title) flaws.push("no language or title");
if (!document.querySelector("h1")) flaws.push("no heading");
const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) flaws.push(`two elements have the id ${id}`);
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgb = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return canvas.getImageData(0, 0, 1, 1).data; };
const light = (c) => { const [r, g, b] = [...c].slice(0, 3).map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const ground = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] > 250) return c; } return rgb("white"); };
const known = new Set();
for (const e of document.querySelectorAll("body *")) {
  const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!own || !seen(e) || e.closest(".off, .hidden, .skip, [aria-hidden=true], option")) continue;
  const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5 && !known.has(e.className)) { known.add(e.className); flaws.push(`contrast ${ratio.toFixed(2)}: ${e.outerHTML.slice(0, 120)}`); }
}
return flaws;
"#;

/// A name for a picture, and an address.
const PAGES: [(&str, &str); 12] = [
    ("overview", ""),
    ("fixtures", "fixtures"),
    ("search", "fixtures?q=order"),
    ("fixture", "fixture?file=tests/fixtures/support/finds_an_order.json"),
    ("conversation", "conversation?file=tests/fixtures/support/finds_an_order.json&n=2"),
    ("stream", "conversation?file=tests/fixtures/support/streams_an_answer.json&n=1"),
    ("error", "conversation?file=tests/fixtures/support/waits_after_a_rate_limit.json&n=1"),
    ("run", "run"),
    ("review", "review"),
    ("findings", "findings"),
    ("cost", "cost"),
    ("live", "live"),
];

#[test]
fn every_page_is_readable_in_both_themes_and_widths() {
    let Some(browser) = Browser::start() else { return };
    let desk = demo();
    let board = Dashboard::start(&desk, &["--edit"]);
    desk.prints(&["report", "--html", "report.html"]);
    let report = format!("file://{}", desk.path("report.html").display());
    for width in WIDTHS {
        for theme in THEMES {
            browser.view(width, theme);
            let pages =
                PAGES.map(|(name, page)| (name, format!("{}{}/{page}", board.origin, board.base)));
            for (name, url) in pages.into_iter().chain([("report", report.clone())]) {
                browser.open(&url);
                browser.picture(&format!("{name}-{width}-{theme}"));
                let flaws = browser.run(FLAWS);
                assert_eq!(flaws, json!([]), "{name} with {width} pixels, {theme}");
            }
        }
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_keyboard_is_enough() {
    let Some(browser) = Browser::start() else { return };
    let desk = demo();
    let board = Dashboard::start(&desk, &["--edit"]);
    browser.view(1400, "light");
    browser.open(&format!("{}{}/", board.origin, board.base));
    browser.press(&["Tab"]);
    assert_eq!(browser.focused(), "Skip to the content");
    browser.tab_to("Fixtures");
    browser.press(&["Enter"]);
    browser.wait("location.pathname.endsWith('/fixtures')");
    browser.press(&["/"]);
    browser.press(&["s", "a", "d", "d", "l", "e", "Enter"]);
    browser.wait("location.search === '?q=saddle' && document.readyState === 'complete'");
    browser.press(&["j"]);
    assert_eq!(browser.focused(), "streams_an_answer");
    browser.press(&["Enter"]);
    browser.wait("location.pathname.endsWith('/fixture') && document.readyState === 'complete'");
    browser.press(&["j", "Enter"]);
    browser
        .wait("location.pathname.endsWith('/conversation') && document.readyState === 'complete'");

    // The stream, played from its beginning.
    browser.run("document.querySelector('[data-speed]').value = '20';");
    browser.tab_to("▶ Play");
    browser.press(&["Enter"]);
    browser.wait("document.querySelector('[data-play]').textContent === '▶ Play' && document.querySelector('[data-screen]').textContent.endsWith('does not turn.')");

    // Folded calls, and the next conversation.
    browser.open(&format!(
        "{}{}/conversation?file=tests/fixtures/support/finds_an_order.json&n=1",
        board.origin, board.base
    ));
    browser.press(&["Right"]);
    browser.wait("location.search.endsWith('n=2') && document.readyState === 'complete'");
    browser.tab_to("Calls find_order");
    browser.press(&["Enter"]);
    browser.wait("document.querySelector('details.call').open");

    // The theme, which stays.
    browser.tab_to("Dark theme");
    browser.press(&["Enter"]);
    browser.wait("getComputedStyle(document.body).colorScheme === 'dark'");
    browser.open(&format!("{}{}/review", board.origin, board.base));
    browser.wait("getComputedStyle(document.body).colorScheme === 'dark'");

    // A decision.
    browser.tab_to("Put into the fixture (all)");
    browser.press(&["Enter"]);
    browser.wait(
        "document.querySelector('[role=status]')?.textContent.includes('part of its fixture now')",
    );
    assert!(!desk.path("tests/fixtures/support/refuses_other_topics.json.failed").exists());
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_live_view_follows_a_server() {
    let Some(browser) = Browser::start() else { return };
    let workdir = Workdir::new();
    let server = workdir.serve(&[], &[]);
    let board = Dashboard::start(&demo(), &["--server", &server.origin]);
    browser.view(1400, "light");
    browser.open(&format!("{}{}/live", board.origin, board.base));
    browser.wait("document.querySelector('main').textContent.includes('no requests yet')");
    let body = r#"{"model":"gpt-5-mini","messages":[{"role":"user","content":"Hello."}]}"#;
    for _ in 0..3 {
        server.send(&Request::post("/v1/chat/completions", body));
    }
    browser.wait("document.querySelectorAll('tbody tr').length === 3");
    browser.picture("live-1400-light-requests");
    browser.tab_to("Pause");
    browser.press(&["Enter"]);
    browser.wait("document.querySelector('[data-pause]').getAttribute('aria-pressed') === 'true'");
    assert_eq!(browser.run(FLAWS), json!([]));
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn hostile_recordings_do_not_execute() {
    let Some(browser) = Browser::start() else { return };
    let desk = super::hostile::desk();
    let board = Dashboard::start(&desk, &[]);
    desk.prints(&["report", "--html", "report.html"]);
    let mut urls = vec![format!("file://{}", desk.path("report.html").display())];
    for page in super::hostile::pages() {
        urls.push(format!("{}{}/{page}", board.origin, board.base));
    }
    for url in urls {
        browser.open(&url);
        // A dialog would make every command fail.
        let found = browser.run("return [document.images.length, document.scripts.length, document.querySelectorAll('[onerror], [onmouseover]').length];");
        assert_eq!(found, json!([0, 1, 0]), "{url}");
    }
    assert_eq!(browser.complaints(), [""; 0]);
}
