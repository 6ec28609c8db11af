//! Addresses of a provider's API inside answers: clients of `llmock serve` follow them to the server.

#[allow(dead_code, reason = "shared with the tests of recording")]
mod wire;

use wire::server::Place;
use wire::{Ask, Upstream, whole};

const BATCH: &str = "/v1/messages/batches/b1";
const RESULTS: &str = "{\"custom_id\":\"1\"}\n";

fn batch(results: &str) -> String {
    format!("{{\"id\": \"b1\",  \"results_url\": \"{results}\"}}")
}

fn anthropic(path: &str) -> Ask {
    Ask::get(path).header("anthropic-version", "2023-06-01")
}

#[test]
fn a_recorded_address_leads_to_the_server_and_stays_in_the_file() {
    let theirs = "https://api.anthropic.com/v1/messages/batches/b1/results";
    let place = Place::new();
    let batch_of_file = batch(theirs);
    let file = format!(
        r#"{{"llmock":1,"interactions":[
        {{"provider":"anthropic","request":{{"method":"GET","path":"{BATCH}"}},
          "response":{{"status":200,"headers":{{"content-type":"application/json"}},"body":{batch_of_file}}}}},
        {{"provider":"anthropic","request":{{"method":"GET","path":"{BATCH}/results"}},
          "response":{{"status":200,"text":"done"}}}},
        {{"provider":"anthropic","request":{{"method":"POST","path":"/v1/messages","body":{{"model":"m","at":"{theirs}"}}}},
          "response":{{"status":200,"text":"known"}}}}]}}"#
    );
    place.write("all.json", &file);
    let server = place.serve(&["--fixtures", "all.json"], &[]);

    let ours = format!("{}/anthropic{BATCH}/results", server.origin);
    let seen = server.asks(&anthropic(BATCH)).text();
    assert!(seen.contains(&format!("\"{ours}\"")), "{seen}");
    assert_eq!(Ask::get(&format!("/anthropic{BATCH}/results")).send(&server.origin).text(), "done");
    let quoted = Ask::post("/v1/messages", format!("{{\"model\":\"m\",\"at\":\"{ours}\"}}"));
    assert_eq!(server.asks(&quoted).text(), "known");
    // a client is led to where it came to
    let known_as = server.origin.replace("127.0.0.1", "localhost");
    let seen = anthropic(BATCH).send(&known_as).text();
    assert!(seen.contains(&format!("\"{known_as}/anthropic{BATCH}/results\"")), "{seen}");
    assert_eq!(place.read("all.json"), file);
}

#[test]
fn a_relayed_address_leads_to_the_server_and_is_recorded_as_it_was() {
    let upstream = Upstream::start(|received| {
        let origin = received.header("host").map(|host| format!("http://{host}")).unwrap();
        let (kind, body) = match received.target.as_str() {
            BATCH => ("application/json", batch(&format!("{origin}{BATCH}/results"))),
            _ => ("application/x-jsonl", RESULTS.to_owned()),
        };
        whole("200 OK", &format!("content-type: {kind}\r\n"), body.as_bytes())
    });
    let place = Place::new();
    let variables = [("ANTHROPIC_BASE_URL", &*upstream.origin)];
    let server = place.serve(&["--fixtures", "all", "--record"], &variables);
    let ours = format!("/anthropic{BATCH}/results");
    let seen = server.asks(&anthropic(BATCH)).text();
    assert_eq!(seen, batch(&format!("{}{ours}", server.origin)));
    assert_eq!(server.asks(&Ask::get(&ours)).text(), RESULTS);
    place.recorded("all/recorded.json", 2);
    let file = place.read("all/recorded.json");
    assert!(file.contains(&format!("{}{BATCH}/results", upstream.origin)), "{file}");
    assert!(!file.contains(&server.origin), "{file}");
}
