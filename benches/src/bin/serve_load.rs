//! Loads `llmock serve` beside a bare hyper server and beside its rivals, all in turns in the same run.
//!
//! `benches/serve` builds, installs and calls it:
//! `serve_load LLMOCK [--seconds S] [--rounds N] [--only PART[,PART]] [NAME=COMMAND with {port}]...`

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use llmock_benches::load::clients::Seen;
use llmock_benches::load::paced::{self, Plan};
use llmock_benches::load::process::{Recipe, Server};
use llmock_benches::load::{Ask, NUMBER, bare, clients};

const CONNECTIONS: [usize; 3] = [1, 32, 512];
const WORDS: &str = "one two three four five six seven eight";

/// What can be measured alone.
const PARTS: [&str; 7] = ["start", "plain", "streams", "once", "strategies", "fixtures", "paced"];

/// What clients ask for.
#[derive(Clone, Copy)]
enum Load {
    /// The same again and again.
    Plain,
    /// The same again and again, streamed.
    Streams,
    /// Something else each time, for a server that remembers what it was asked.
    NeverAgain,
}

struct Options {
    llmock: String,
    seconds: f64,
    rounds: usize,
    /// Of [`PARTS`]; none for all.
    only: Vec<String>,
    rivals: Vec<Recipe>,
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1).peekable();
    if words.peek().is_some_and(|word| word == "bare") {
        let port = words.nth(1).and_then(|port| port.parse().ok()).unwrap_or(8000);
        bare::serve(port);
        return ExitCode::SUCCESS;
    }
    let Some(options) = options(words) else {
        say("usage: serve_load LLMOCK [--seconds S] [--rounds N] [--only PART[,PART]] \
             [NAME=COMMAND with {port}]...");
        say(&format!("parts: {}", PARTS.join(", ")));
        return ExitCode::FAILURE;
    };
    let wanted = |part: &str| options.only.is_empty() || options.only.iter().any(|one| one == part);
    let mut contenders = vec![llmock(&options.llmock, &[]), bare_hyper()];
    contenders.extend(options.rivals.clone());
    say(
        "aims: 0.80 x of bare hyper with one connection, 0.90 x with 32 and 1.40 x of llmposter, 0.95 x for streams, \
         0.90 x for requests that never come again, and 0.80 x of the mirror for other strategies",
    );
    if wanted("start") {
        start_up(&contenders);
    }
    for (part, kind) in [("plain", Load::Plain), ("streams", Load::Streams)] {
        for connections in CONNECTIONS.into_iter().filter(|_| wanted(part)) {
            load(&contenders, kind, connections, &options);
        }
    }
    if wanted("once") {
        load(&contenders, Load::NeverAgain, 32, &options);
    }
    if wanted("strategies") {
        strategies(&options);
    }
    if wanted("fixtures") {
        fixtures(&options);
    }
    if wanted("paced") {
        paced_streams(&options);
    }
    ExitCode::SUCCESS
}

fn options(mut words: impl Iterator<Item = String>) -> Option<Options> {
    let mut options = Options {
        llmock: words.next()?,
        seconds: 0.5,
        rounds: 15,
        only: Vec::new(),
        rivals: Vec::new(),
    };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seconds" => options.seconds = words.next()?.parse().ok()?,
            "--rounds" => options.rounds = words.next()?.parse().ok()?,
            "--only" => {
                options.only = words.next()?.split(',').map(str::to_owned).collect();
                if !options.only.iter().all(|part| PARTS.contains(&&**part)) {
                    return None;
                }
            }
            rival => options.rivals.push(Recipe::parse(rival)?),
        }
    }
    Some(options)
}

fn llmock(program: &str, more: &[&str]) -> Recipe {
    let mut words: Vec<String> = vec![program.to_owned()];
    words.extend(["serve", "--port", "{port}"].map(str::to_owned));
    words.extend(more.iter().map(|word| (*word).to_owned()));
    Recipe { name: "llmock serve".to_owned(), words }
}

fn bare_hyper() -> Recipe {
    let own = std::env::current_exe().expect("a running program has a path");
    let words = [own.display().to_string(), "bare".to_owned(), "{port}".to_owned()];
    Recipe { name: "bare hyper".to_owned(), words: words.into() }
}

/// From the start of the process to its first answer.
fn start_up(contenders: &[Recipe]) {
    let mut text =
        format!("{:<28}{:>10}{:>14}", "from start to first answer", "median", "memory then");
    for contender in contenders {
        let servers: Vec<_> = (0..7).map_while(|_| started(contender)).collect::<Vec<_>>();
        let mut times: Vec<_> = servers.iter().map(|server| server.started_in).collect();
        times.sort_unstable();
        let Some(median) = times.get(times.len() / 2) else { continue };
        let memory = servers[0].memory().map_or(0, |(now, _)| now);
        let _ = write!(
            text,
            "\n  {:<26}{:>7.1} ms{:>11.1} MB",
            contender.name,
            millis(*median),
            megabytes(memory)
        );
    }
    say(&text);
}

fn started(contender: &Recipe) -> Option<Server> {
    contender
        .start()
        .inspect_err(|error| say(&format!("SKIPPED: {} did not start: {error}", contender.name)))
        .ok()
}

/// Contenders take turns, so that what disturbs one disturbs the other.
fn load(contenders: &[Recipe], kind: Load, connections: usize, options: &Options) {
    let servers: Vec<_> = contenders.iter().map(started).collect();
    let mut rounds: Vec<Vec<Seen>> = vec![Vec::new(); contenders.len()];
    let (name, words, streams) = match kind {
        Load::Plain => ("plain", WORDS.to_owned(), false),
        Load::Streams => ("streams", WORDS.to_owned(), true),
        Load::NeverAgain => ("each once", format!("{WORDS} {NUMBER}"), false),
    };
    for round in 0..options.rounds {
        let mut order: Vec<usize> = (0..contenders.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for at in order {
            let Some(server) = &servers[at] else { continue };
            let ask = Ask::new(server.address, &words, streams, &[]);
            let during = Duration::from_secs_f64(options.seconds);
            rounds[at].push(asked(server, &ask, connections, during));
        }
    }
    let title = format!("{name}, {connections} connections");
    let memory: Vec<_> = servers.iter().map(|server| server.as_ref()?.memory()).collect();
    say(&table(&title, contenders, &rounds, &memory, Ratio::FirstToEach));
}

fn asked(server: &Server, ask: &Ask, connections: usize, during: Duration) -> Seen {
    let before = server.cpu();
    let mut seen = clients::ask(ask, connections, during);
    seen.cpu = server.cpu().saturating_sub(before);
    seen
}

/// What the last column of a table compares.
#[derive(Clone, Copy)]
enum Ratio {
    /// The first contender with each other.
    FirstToEach,
    /// Each other with the first.
    EachToFirst,
}

fn table(
    title: &str,
    contenders: &[Recipe],
    rounds: &[Vec<Seen>],
    memory: &[Option<(u64, u64)>],
    ratio: Ratio,
) -> String {
    let compares = match ratio {
        Ratio::FirstToEach => "llmock is",
        Ratio::EachToFirst => "of the first",
    };
    let mut text = format!(
        "{title:<28}{:>10}{:>11}{:>11}{:>14}{:>11}{:>8}   {}",
        "a second", "p50", "p99", "cpu of one", "memory", "failed", compares
    );
    for (at, contender) in contenders.iter().enumerate() {
        if rounds[at].is_empty() {
            continue;
        }
        let times = sorted(&rounds[at]);
        let failed: usize = rounds[at].iter().map(|seen| seen.failed).sum();
        let _ = write!(
            text,
            "\n  {:<26}{:>10.0}{:>8.2} ms{:>8.2} ms{:>11.1} µs{:>8.1} MB{failed:>8}",
            contender.name,
            median(rounds[at].iter().map(Seen::per_second)),
            millis(percentile(&times, 0.5)),
            millis(percentile(&times, 0.99)),
            1e3 * median(rounds[at].iter().map(|seen| millis(seen.cpu_of_one()))),
            megabytes(memory[at].map_or(0, |(_, most)| most)),
        );
        if at > 0 {
            let ratios = rounds[0].iter().zip(&rounds[at]);
            let of_first = median(ratios.map(|(first, other)| match ratio {
                Ratio::FirstToEach => first.per_second() / other.per_second(),
                Ratio::EachToFirst => other.per_second() / first.per_second(),
            }));
            let _ = write!(text, "   {of_first:.2} x");
        }
    }
    text
}

/// What strategies cost beside the mirror, for requests that come again and for those that do not.
fn strategies(options: &Options) {
    const SCHEMA: &str = r#","response_format":{"type":"json_schema","json_schema":{"name":"x","schema":
        {"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":2}},"required":["city","days"]}}}"#;
    const TOOL: &str = r#","tool_choice":"required","tools":[{"type":"function","function":{"name":"find","parameters":
        {"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":2}},"required":["city","days"]}}}]"#;
    const REPLIES: &str = r#"[{"when":{"contains":"nothing like this"},"then":"no"},
        {"when":{"contains":"two","model":"gpt-*"},"then":"one two three four five six seven eight"}]"#;
    let named = |name: &str, more: &[&str]| {
        let mut recipe = llmock(&options.llmock, more);
        name.clone_into(&mut recipe.name);
        recipe
    };
    let [schema, tool] = [SCHEMA, TOOL].map(|text| text.split_whitespace().collect::<String>());
    let recipes = [
        named("mirror", &[]),
        named("a demanded schema", &[]),
        named("a forced tool", &[]),
        named("scenarios", &["--replies", REPLIES]),
        named("a custom reply", &["--custom-replies", &custom_reply()]),
    ];
    let servers: Vec<_> = recipes.iter().map(started).collect();
    for (title, words) in [
        ("strategies, repeated", WORDS.to_owned()),
        ("strategies, each once", format!("{WORDS} {NUMBER}")),
    ] {
        let mut rounds: Vec<Vec<Seen>> = vec![Vec::new(); recipes.len()];
        for _ in 0..options.rounds {
            for (at, server) in servers.iter().enumerate() {
                let Some(server) = server else { continue };
                let more = [&*schema, &tool].get(at.wrapping_sub(1)).copied().unwrap_or_default();
                let ask = Ask::demanding(server.address, &words, more, &[]);
                let during = Duration::from_secs_f64(options.seconds);
                rounds[at].push(asked(server, &ask, 32, during));
            }
        }
        let memory: Vec<_> = servers.iter().map(|server| server.as_ref()?.memory()).collect();
        say(&table(title, &recipes, &rounds, &memory, Ratio::EachToFirst));
    }
}

fn custom_reply() -> String {
    format!(r#"[{{"question":"{WORDS}","answer":"{WORDS}"}}]"#)
}

/// Whether it matters how many recordings there are.
fn fixtures(options: &Options) {
    let folder = tempfile::tempdir().expect("a folder");
    let sizes = [5, 5_000];
    let recipes: Vec<_> = sizes
        .map(|size| {
            let path = folder.path().join(size.to_string());
            write_fixtures(&path, size);
            let mut recipe = llmock(&options.llmock, &["--fixtures", &path.display().to_string()]);
            recipe.name = format!("{size} fixtures");
            recipe
        })
        .into();
    let servers: Vec<_> = recipes.iter().map(started).collect();
    let mut rounds: Vec<Vec<Seen>> = vec![Vec::new(); recipes.len()];
    for _ in 0..options.rounds {
        for (at, server) in servers.iter().enumerate() {
            let Some(server) = server else { continue };
            let ask = Ask::new(server.address, &question(sizes[at] - 1), false, &[]);
            let during = Duration::from_secs_f64(options.seconds);
            rounds[at].push(asked(server, &ask, 32, during));
        }
    }
    let memory: Vec<_> = servers.iter().map(|server| server.as_ref()?.memory()).collect();
    say(&table("the last recording", &recipes, &rounds, &memory, Ratio::EachToFirst));
}

fn question(number: usize) -> String {
    format!("question {number}")
}

fn write_fixtures(folder: &Path, files: usize) {
    fs::create_dir_all(folder).expect("a folder of ours");
    // A server counts as started when it has answered the greeting.
    let questions = (0..files).map(question).chain(["hello".to_owned()]);
    for (number, question) in questions.enumerate() {
        let text = format!(
            r#"{{"llmock": 1, "interactions": [{{
  "provider": "openai",
  "request": {{"method": "POST", "path": "/v1/chat/completions",
    "body": {{"model":"gpt-4o","messages":[{{"role":"user","content":"{question}"}}]}}}},
  "response": {{"status": 200, "headers": {{"content-type": "application/json"}},
    "body": {{"id":"chatcmpl-{number}","object":"chat.completion","created":1735689600,"model":"gpt-4o",
      "choices":[{{"index":0,"message":{{"role":"assistant","content":"answer {number}"}},"finish_reason":"stop"}}]}}}}
}}]}}
"#
        );
        let path: PathBuf = folder.join(format!("{number:05}.json"));
        fs::write(path, text).expect("a file of ours");
    }
}

/// Many streams that are open at once, each at a pace of its own.
fn paced_streams(options: &Options) {
    let plan = Plan {
        streams: 10_000,
        ramp: Duration::from_secs(10),
        first: Duration::from_secs(2),
        gap: Duration::from_secs(1),
    };
    let Some(server) = started(&llmock(&options.llmock, &[])) else { return };
    let pace = "x-llmock-pace: ttft=2s, tps=1".to_owned();
    let ask = Ask::new(server.address, &[WORDS; 2].join(" "), true, &[pace]);
    let held = paced::hold(&ask, plan);
    let memory = server.memory().map_or(0, |(_, most)| most);
    let error = |part| millis(percentile(&held.errors, part));
    say(&format!(
        "paced streams, {} asked for, {} open at once, {} failed, {} events\n  \
         off their time: p50 {:.2} ms, p99 {:.2} ms; a thread that only sleeps: p99 {:.2} ms; \
         memory of the server {:.1} MB",
        plan.streams,
        held.most,
        held.failed,
        held.errors.len(),
        error(0.5),
        error(0.99),
        millis(percentile(&held.machine, 0.99)),
        megabytes(memory)
    ));
}

fn sorted(rounds: &[Seen]) -> Vec<Duration> {
    let mut times: Vec<_> = rounds.iter().flat_map(|seen| seen.times.iter().copied()).collect();
    times.sort_unstable();
    times
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an index into some million values"
)]
fn percentile(sorted: &[Duration], part: f64) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * part).round() as usize).copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "kilobytes of memory")]
fn megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 / 1024.0
}

fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "\n{text}");
}
