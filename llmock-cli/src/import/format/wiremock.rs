//! Stubs of `WireMock` (<https://wiremock.org/docs/stubbing>) and stubr: one in a file, a list, or `mappings`.
//!
//! A stub is a rule, not a request. It becomes an interaction where it names what the request is: a URL, and its body
//! with `equalToJson`, `equalTo`, or `binaryEqualTo`.

use std::path::{Component, Path};

use super::super::message::{Recorded, headers, whole};
use super::super::request::Asked;
use super::super::source::{self, Source};
use super::super::times;
use super::super::tree::{self, Node, base64};
use super::{ReadError, Recording, root};

pub(super) fn detect(source: &Source<'_>) -> bool {
    source.root().map(stubs).and_then(<[_]>::first).is_some_and(|first| {
        let request = first.get("request");
        let names = ["url", "urlPath", "urlPattern", "urlPathPattern", "urlPathTemplate", "method"];
        let is_request = request.is_some_and(|it| names.iter().any(|name| it.has(name)));
        // Exchanges of recorders have a status with a text, or headers in lists.
        let is_rule = request.is_some_and(|it| !it.has("body") && !it.has("uri"));
        is_request && is_rule && first.has("response")
    })
}

pub(super) fn read(source: &Source<'_>, asked: &Asked) -> Result<Recording, ReadError> {
    let all: Vec<&Node<'_>> = in_order(stubs(root(source)?));
    Recording::of(&all, |stub| exchange(stub, source.path, asked))
}

fn stubs<'n, 'a>(root: &'n Node<'a>) -> &'n [Node<'a>] {
    match (root, root.get("mappings")) {
        (_, Some(list)) => list.items(),
        (Node::List(items), _) => items,
        _ => std::slice::from_ref(root),
    }
}

/// The stubs with those of a scenario in the order of its states, which is the order of equal requests.
fn in_order<'n, 'a>(stubs: &'n [Node<'a>]) -> Vec<&'n Node<'a>> {
    let mut all: Vec<&Node<'_>> = stubs.iter().collect();
    let name = |stub: &Node<'_>| stub.text_of("scenarioName").map(str::to_owned);
    let mut names: Vec<String> = all.iter().filter_map(|stub| name(stub)).collect();
    names.sort();
    names.dedup();
    for scenario in names {
        let places: Vec<usize> =
            (0..all.len()).filter(|at| name(all[*at]).as_ref() == Some(&scenario)).collect();
        let mut left: Vec<&Node<'_>> = places.iter().map(|at| all[*at]).collect();
        let mut state = "Started".to_owned();
        for place in places {
            let required = |stub: &&Node<'_>| {
                stub.text_of("requiredScenarioState").unwrap_or("Started") == state
            };
            let next = left.iter().position(required).unwrap_or(0);
            let stub = left.remove(next);
            if let Some(new) = stub.text_of("newScenarioState") {
                new.clone_into(&mut state);
            }
            all[place] = stub;
        }
    }
    all
}

fn exchange(stub: &Node<'_>, file: &Path, asked: &Asked) -> Result<Recorded, String> {
    let request = stub.some("request").ok_or("it has no request")?;
    let response = stub.some("response").ok_or("it has no response")?;
    for (name, why) in [("fault", "a fault of the network"), ("proxyBaseUrl", "a proxy")] {
        if response.some(name).is_some() {
            return Err(format!("it is {why}, not a response"));
        }
    }
    let mut losses = Vec::new();
    if response.some("transformers").is_some() {
        losses.push("the response's template: its text is kept as it is written".to_owned());
    }
    let body = body_of(request, &mut losses);
    let asked = asked.request_for(file);
    let method = match request.text_of("method").unwrap_or("ANY") {
        "ANY" if body.is_none() && asked.is_none() => "GET".to_owned(),
        "ANY" => "POST".to_owned(),
        method => method.to_uppercase(),
    };
    let request_body = body.or_else(|| asked.map(|asked| asked.body.clone()));
    if request_body.is_none() && method != "GET" {
        losses.push(
            "any body: the stub compares none, and a fixture compares whole requests; name the request with `--request FILE`".to_owned(),
        );
    }
    let delay = response.get("fixedDelayMilliseconds").and_then(Node::number);
    let status = response.get("status").map_or(Some(200.0), Node::number).and_then(whole);
    Ok(Recorded {
        method,
        url: format!("{}{}", origin(stub), url(request)?),
        request_headers: Vec::new(),
        request_body: request_body.unwrap_or_default(),
        status: status.ok_or("its status is not a number")?,
        response_headers: headers(response.get("headers")),
        response_body: response_body(response, file)?,
        ms: delay.and_then(times::millis).unwrap_or_default(),
        losses,
        ..Recorded::default()
    })
}

/// The host that `llmock export` has noted.
fn origin(stub: &Node<'_>) -> String {
    let own = stub.get("metadata").and_then(|metadata| metadata.get("llmock"));
    let host = own.and_then(|own| own.text_of("host"));
    host.map(|host| format!("https://{host}")).unwrap_or_default()
}

/// The body that a request must have; `None` if the stub compares none.
fn body_of(request: &Node<'_>, losses: &mut Vec<String>) -> Option<Vec<u8>> {
    let patterns = request.get("bodyPatterns").map(Node::items).unwrap_or_default();
    let mut body = None;
    for pattern in patterns {
        let [(rule, value), ..] = pattern.members() else { continue };
        let found = match (&**rule, value) {
            ("equalToJson", Node::Text(text)) => Some(
                tree::json(text)
                    .map_or_else(|_| text.as_bytes().to_vec(), |json| json.to_json().into_bytes()),
            ),
            ("equalToJson", tree) => Some(tree.to_json().into_bytes()),
            ("equalTo", text) => text.bytes(),
            ("binaryEqualTo", text) => text.text().and_then(base64),
            _ => None,
        };
        if found.is_none() {
            losses.push(format!("the rule `{rule}`: a fixture compares whole requests"));
        }
        body = body.or(found);
    }
    if body.is_none() && !patterns.is_empty() {
        let rules: Vec<&str> =
            patterns.iter().filter_map(|one| Some(&*one.members().first()?.0)).collect();
        losses.push(format!("`{}` names no whole body", rules.join("`, `")));
    }
    body
}

fn url(request: &Node<'_>) -> Result<String, String> {
    let exact = ["url", "urlPath"].iter().find_map(|name| request.text_of(name));
    let mut url = if let Some(url) = exact {
        url.to_owned()
    } else {
        let patterns = ["urlPattern", "urlPathPattern"];
        let pattern = patterns.iter().find_map(|name| request.text_of(name));
        let pattern = pattern.ok_or("it names no URL")?;
        literal(pattern).ok_or_else(|| format!("`{pattern}` matches several URLs"))?
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, rule) in request.get("queryParameters").map(Node::members).unwrap_or_default() {
        let value = rule
            .text_of("equalTo")
            .ok_or_else(|| format!("its rule for the parameter `{name}` is not `equalTo`"))?;
        query.append_pair(name, value);
    }
    let query = query.finish();
    if !query.is_empty() {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&query);
    }
    Ok(url)
}

/// The only text that a pattern matches, or the shortest if it allows anything behind it.
fn literal(pattern: &str) -> Option<String> {
    let pattern = pattern.trim_start_matches('^').trim_end_matches('$').trim_end_matches(".*");
    let mut out = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => out.push(letters.next().filter(|next| !next.is_alphanumeric())?),
            '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => return None,
            other => out.push(other),
        }
    }
    Some(out)
}

fn response_body(response: &Node<'_>, file: &Path) -> Result<Vec<u8>, String> {
    if let Some(tree) = response.some("jsonBody") {
        return Ok(tree.to_json().into_bytes());
    }
    if let Some(text) = response.text_of("base64Body") {
        return base64(text).ok_or_else(|| "its body is not Base64".to_owned());
    }
    if let Some(name) = response.text_of("bodyFileName") {
        return beside(file, name);
    }
    Ok(response.get("body").and_then(Node::bytes).unwrap_or_default())
}

/// A body in a file of `__files`, which is beside the folder `mappings`.
fn beside(file: &Path, name: &str) -> Result<Vec<u8>, String> {
    let is_plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    if !is_plain {
        return Err(format!("its body is in `{name}`, outside of `__files`"));
    }
    let mut folders = file.ancestors().skip(1).take(8);
    let found = folders.find_map(|folder| {
        let path = folder.join("__files").join(name);
        path.is_file().then_some(path)
    });
    let found =
        found.ok_or_else(|| format!("its body is in `__files/{name}`, which is missing"))?;
    source::read(&found).map_err(|why| format!("its body is in `{name}`: {why}"))
}
