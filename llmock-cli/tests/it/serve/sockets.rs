//! WebSockets: those that strategies talk on, recorded ones, and those that are recorded.

use llmock_testkit::client::Request;
use llmock_testkit::socket_client::SocketClient;
use llmock_testkit::sockets::{SocketServer, Step};
use serde_json::{Value, json};

use crate::server::{Server, Workdir};

const REALTIME: &str = "/v1/realtime?model=gpt-realtime";
const LIVE: &str =
    "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=k";
const CALL: &str = "call tool 'weather' with '{\"city\": \"Paris\"}'";

fn open(server: &Server, target: &str) -> SocketClient {
    SocketClient::open(&server.origin, target, &[("authorization", "Bearer any")]).unwrap()
}

fn history(server: &Server) -> Vec<Value> {
    let text = server.send(&Request::get("/history")).text();
    let history: Value = serde_json::from_str(&text).unwrap();
    history["requests"].as_array().unwrap().clone()
}

fn create(client: &mut SocketClient, body: &Value) -> Vec<Value> {
    let mut message = json!({"type": "response.create", "model": "gpt-5"});
    message.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    client.send(message.to_string());
    client.until("response.completed")
}

#[test]
fn strategies_respond_on_sockets_of_responses() {
    let server = Workdir::new().serve(&[], &[]);
    let mut client = open(&server, "/v1/responses");
    let events = create(&mut client, &json!({"input": "Hello!", "store": false}));
    assert_eq!(events[0]["type"], "response.created");
    let last = &events[events.len() - 1]["response"];
    assert_eq!(last["output"][0]["content"][0]["text"], "Hello!");
    // The socket continues what was not stored, with the result of a tool.
    let tools = json!([{"type": "function", "name": "weather", "parameters": {"type": "object"}}]);
    let id = last["id"].as_str().unwrap();
    let next = json!({"input": CALL, "tools": tools, "store": false, "previous_response_id": id});
    let events = create(&mut client, &next);
    let last = &events[events.len() - 1]["response"];
    let call = &last["output"][0];
    assert_eq!((&call["type"], &call["name"]), (&json!("function_call"), &json!("weather")));
    let id = last["id"].as_str().unwrap();
    let result =
        json!({"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"});
    let events = create(
        &mut client,
        &json!({"input": [result], "tools": tools, "store": false, "previous_response_id": id,
            "stream_id": "lane"}),
    );
    assert!(events.iter().all(|event| event["stream_id"] == "lane"), "{events:?}");
    let last = &events[events.len() - 1]["response"];
    assert_eq!(last["output"][0]["content"][0]["text"], "last tool call result is sunny");
    // Only the prompt is prepared.
    let events = create(&mut client, &json!({"input": "Hello!", "generate": false}));
    assert_eq!((events.len(), &events[1]["response"]["output"]), (2, &json!([])));
    // Errors are messages, and the socket goes on.
    client.send(r#"{"type":"response.create","model":"gpt-5","input":"x","previous_response_id":"resp_none"}"#);
    let error = client.json();
    assert_eq!((&error["type"], &error["status"]), (&json!("error"), &json!(400)));
    assert_eq!(error["error"]["code"], "previous_response_not_found");
    for wrong in ["no JSON", "[]", r#"{"type":"session.update"}"#] {
        client.send(wrong);
        let error = client.json();
        assert_eq!(error["type"], "error", "{wrong}: {error}");
    }
    client.close();
    let requests = history(&server);
    assert_eq!(requests[0]["method"], "WEBSOCKET");
    assert_eq!(requests[0]["status"], 101);
    let by: Vec<_> = requests[1..].iter().map(|it| it["answered_by"].clone()).collect();
    assert_eq!(by[..2], [json!("MirrorStrategy"), json!("ToolCallStrategy")], "{requests:?}");
}

#[test]
fn schemas_and_scenarios_respond_on_sockets() {
    let workdir = Workdir::new();
    workdir.write(
        "llmock.yaml",
        "replies:\n  - when: {contains: greeting}\n    then: {text: Good morning}\n",
    );
    let server = workdir.serve(&["--config", "llmock.yaml"], &[]);
    let mut client = open(&server, REALTIME);
    client.until("session.created");
    client.send(
        r#"{"type":"session.update","session":{"type":"realtime","output_modalities":["text"]}}"#,
    );
    client.until("session.updated");
    say(&mut client, "a greeting");
    let events = respond(&mut client);
    assert_eq!(text_of(&events), "Good morning");
    let mut client = open(&server, "/v1/responses");
    let schema = json!({"type": "object", "properties": {"days": {"type": "integer", "minimum": 3}},
        "required": ["days"], "additionalProperties": false});
    let text = json!({"format": {"type": "json_schema", "name": "trip", "schema": schema}});
    let events = create(&mut client, &json!({"input": "plan", "text": text}));
    let last = &events[events.len() - 1]["response"];
    let made = last["output"][0]["content"][0]["text"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(made).unwrap(), json!({"days": 3}));
}

fn say(client: &mut SocketClient, text: &str) {
    let content = json!([{"type": "input_text", "text": text}]);
    let item = json!({"type": "message", "role": "user", "content": content});
    client.send(json!({"type": "conversation.item.create", "item": item}).to_string());
    client.until("conversation.item.done");
}

fn respond(client: &mut SocketClient) -> Vec<Value> {
    client.send(r#"{"type":"response.create"}"#);
    client.until("response.done")
}

fn text_of(events: &[Value]) -> String {
    let deltas = events.iter().filter(|event| event["type"] == "response.output_text.delta");
    deltas.map(|event| event["delta"].as_str().unwrap()).collect()
}

#[test]
fn strategies_talk_on_sockets_of_realtime() {
    let server = Workdir::new().serve(&[], &[]);
    let mut client = open(&server, REALTIME);
    let session = client.json();
    assert_eq!(session["type"], "session.created");
    assert_eq!(session["session"]["model"], "gpt-realtime");
    let tools = json!([{"type": "function", "name": "weather", "parameters": {"type": "object"}}]);
    let update = json!({"type": "realtime", "output_modalities": ["text"], "tools": tools});
    client.send(json!({"type": "session.update", "session": update}).to_string());
    let updated = client.json();
    assert_eq!(updated["session"]["output_modalities"], json!(["text"]));
    assert_eq!(updated["session"]["audio"]["output"]["voice"], "marin");
    say(&mut client, "Hello!");
    let events = respond(&mut client);
    assert_eq!(text_of(&events), "Hello!");
    let done = &events[events.len() - 1]["response"];
    assert_eq!(done["status"], "completed");
    assert_eq!(done["output"][0]["content"], json!([{"type": "output_text", "text": "Hello!"}]));
    assert!(done["usage"]["total_tokens"].as_u64().unwrap() > 0);
    // A call of a tool, and its result.
    say(&mut client, CALL);
    let events = respond(&mut client);
    let call = &events[events.len() - 1]["response"]["output"][0];
    assert_eq!((&call["type"], &call["name"]), (&json!("function_call"), &json!("weather")));
    let arguments = events.iter().find(|it| it["type"] == "response.function_call_arguments.done");
    assert_eq!(arguments.unwrap()["call_id"], call["call_id"]);
    let output =
        json!({"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"});
    client.send(json!({"type": "conversation.item.create", "item": output}).to_string());
    client.until("conversation.item.done");
    assert_eq!(text_of(&respond(&mut client)), "last tool call result is sunny");
    // Audio is silence with a transcript.
    client.send(r#"{"type":"input_audio_buffer.append","audio":"AAAA"}"#);
    client.send(r#"{"type":"input_audio_buffer.commit"}"#);
    client.until("conversation.item.done");
    client.send(r#"{"type":"response.create","response":{"output_modalities":["audio"],"conversation":"none","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"aloud"}]}]}}"#);
    let events = client.until("response.done");
    let transcript =
        events.iter().find(|it| it["type"] == "response.output_audio_transcript.done").unwrap();
    assert_eq!(transcript["transcript"], "aloud");
    assert!(events.iter().any(|it| it["type"] == "response.output_audio.delta"));
    for (wrong, code) in [
        ("{", "invalid_json"),
        (r#"{"type":"input_audio_buffer.commit"}"#, "input_audio_buffer_commit_empty"),
        (r#"{"type":"input_audio_buffer.append","audio":"?"}"#, "invalid_value"),
        (r#"{"type":"conversation.item.delete","item_id":"x"}"#, "item_delete_invalid_item_id"),
        (r#"{"type":"response.cancel"}"#, "response_cancel_not_active"),
        (r#"{"type":"sing"}"#, "invalid_value"),
        (r#"{"event_id":"e"}"#, "missing_required_parameter"),
    ] {
        client.send(wrong);
        let error = client.json();
        assert_eq!(error["error"]["code"], code, "{wrong}: {error}");
    }
    client.close();
}

#[test]
fn strategies_talk_on_sockets_of_gpt_live() {
    let server = Workdir::new().serve(&[], &[]);
    let mut client = open(&server, "/v1/live/sessions");
    client.send(r#"{"type":"response.create"}"#);
    assert_eq!(client.json()["error"]["code"], "session_not_started");
    let tools = json!([{"type": "function", "name": "weather", "parameters": {"type": "object"}}]);
    let delegation = json!({"type": "responses", "responses": {"model": "gpt-5", "tools": tools}});
    let session = json!({"model": "gpt-live-1", "delegation": delegation});
    client.send(json!({"type": "session.start", "event_id": "e", "session": session}).to_string());
    let started = client.json();
    assert_eq!(
        (&started["type"], &started["client_event_id"]),
        (&json!("session.started"), &json!("e"))
    );
    assert_eq!(started["session"]["status"], "active");
    client.send(r#"{"type":"session.input_audio.append","audio":"AAAA"}"#);
    let mut ask = |item: Value| {
        client.send(json!({"type": "response.item.create", "item": item}).to_string());
        client.send(r#"{"type":"response.create"}"#);
        let mut inner = Vec::new();
        while inner.last().is_none_or(|last: &Value| last["type"] != "response.completed") {
            inner.push(client.json()["event"].take());
        }
        inner
    };
    // A call of a tool, its result, and what is spoken then.
    let inner = ask(json!({"type": "message", "role": "user", "content": CALL}));
    let call = &inner.iter().find(|it| it["type"] == "response.output_item.done").unwrap()["item"];
    assert_eq!((&call["type"], &call["name"]), (&json!("function_call"), &json!("weather")));
    let call_id = call["call_id"].clone();
    ask(json!({"type": "function_call_output", "call_id": call_id, "output": "sunny"}));
    assert_eq!(transcript(&mut client, "sunny"), "last tool call result is sunny");
    client.send(r#"{"type":"session.commentary.append","content":"Hello!","delegation_id":null}"#);
    assert_eq!(client.json()["type"], "session.commentary.appended");
    assert_eq!(transcript(&mut client, "Hello!"), "Hello!");
    client.send(r#"{"type":"session.close"}"#);
    assert_eq!(client.until("session.closed").pop().unwrap()["reason"], "close_requested");
    assert_eq!(client.closed().0, 1000);
}

/// What is spoken, up to these words.
fn transcript(client: &mut SocketClient, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let event = client.until("session.output_transcript.delta").pop().unwrap();
        text.push_str(event["delta"].as_str().unwrap());
    }
    text
}

#[test]
fn strategies_talk_on_sockets_of_gemini_live() {
    let server = Workdir::new().serve(&[], &[]);
    let mut client = open(&server, LIVE);
    client.send(r#"{"setup":{"model":"models/gemini-live","generationConfig":{"responseModalities":["TEXT"]},"tools":[{"functionDeclarations":[{"name":"weather"}]}]}}"#);
    assert!(client.json()["setupComplete"].is_object());
    client.send(r#"{"client_content":{"turns":[{"role":"user","parts":[{"text":"Hello!"}]}],"turn_complete":true}}"#);
    let all = turn(&mut client);
    assert_eq!(all[0]["serverContent"]["modelTurn"]["parts"][0]["text"], "Hello!", "{all:?}");
    assert!(all[all.len() - 1]["usageMetadata"]["totalTokenCount"].is_u64(), "{all:?}");
    let call = json!({"realtimeInput": {"text": CALL}});
    client.send(call.to_string());
    let call = client.json();
    let call = &call["toolCall"]["functionCalls"][0];
    assert_eq!((&call["name"], &call["args"]), (&json!("weather"), &json!({"city": "Paris"})));
    let response = json!({"id": call["id"], "name": "weather", "response": {"result": "sunny"}});
    client.send(json!({"toolResponse": {"functionResponses": [response]}}).to_string());
    let all = turn(&mut client);
    let part = |it: &Value| it["serverContent"]["modelTurn"]["parts"][0]["text"].clone();
    let text: String = all.iter().filter_map(|it| Some(part(it).as_str()?.to_owned())).collect();
    assert!(text.contains("sunny"), "{text}");
    client.send(r#"{"setup":{"model":"m"}}"#);
    assert_eq!(client.closed().0, 1007);
    let mut client = open(&server, LIVE);
    client.send(r#"{"clientContent":{"turnComplete":true}}"#);
    let (code, reason) = client.closed();
    assert!(code == 1007 && reason.contains("must be `setup`"), "{code} {reason}");
}

fn turn(client: &mut SocketClient) -> Vec<Value> {
    let mut all = vec![client.json()];
    while all[all.len() - 1]["serverContent"]["turnComplete"] != true {
        all.push(client.json());
    }
    all
}

/// A socket with a subprotocol, on which the server answers each of two messages.
fn recorded(workdir: &Workdir) {
    let socket = json!({"handshake": {"protocol": "realtime"}, "messages": [
        {"from": "server", "json": {"type": "session.created"}},
        {"from": "client", "json": {"type": "first"}},
        {"from": "server", "json": {"n": 1}},
        {"from": "client", "json": {"type": "second"}},
        {"from": "server", "json": {"n": 2}},
    ], "close": {"from": "server", "code": 1000, "reason": "done"}});
    let request = json!({"method": "WEBSOCKET", "path": REALTIME});
    let interaction = json!({"provider": "openai", "request": request, "socket": socket});
    let fixture = json!({"llmock": 2, "interactions": [interaction]});
    workdir.write("voice.json", &fixture.to_string());
}

#[test]
fn recorded_sockets_are_replayed() {
    let workdir = Workdir::new();
    recorded(&workdir);
    let server = workdir.serve(&["--fixtures", "voice.json"], &[]);
    let protocol = [("sec-websocket-protocol", "realtime, openai-insecure-api-key.sk-x")];
    for _ in 0..2 {
        let mut client = SocketClient::open(&server.origin, REALTIME, &protocol).unwrap();
        client.text();
        client.send(r#"{"event_id":"event_1","type":"first"}"#);
        assert_eq!(client.text(), r#"{"n":1}"#);
        client.send(r#"{"type":"second"}"#);
        assert_eq!(client.text(), r#"{"n":2}"#);
        assert_eq!(client.closed(), (1000, "done".to_owned()));
    }
    // Another message is a miss.
    let mut client = SocketClient::open(&server.origin, REALTIME, &protocol).unwrap();
    client.text();
    client.send(r#"{"type":"other"}"#);
    let error = client.json();
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.contains("message 1 of the client is not the recorded one"), "{message}");
    assert!(message.contains("voice.json#1") && message.contains("$.type"), "{message}");
    assert_eq!(client.closed().0, 1008);
    server.wait_for_stderr("message 1 of the client");
    // So is another subprotocol, and a path that has no socket.
    let (status, body) = SocketClient::open(&server.origin, REALTIME, &[]).unwrap_err();
    assert!(status == 418 && body.contains("the subprotocol `realtime`"), "{status} {body}");
    let (status, body) = SocketClient::open(&server.origin, "/v1/listen", &[]).unwrap_err();
    assert!(status == 418 && body.contains("WEBSOCKET /v1/listen"), "{status} {body}");
    let messages: Vec<_> = history(&server)
        .into_iter()
        .filter(|it| it["method"] == "WEBSOCKET" && !it["body"].is_null())
        .map(|it| it["body"]["type"].clone())
        .collect();
    assert_eq!(messages, ["first", "second", "first", "second", "other"]);
    // A fault, by the header of the handshake.
    let cut = [protocol[0], ("x-llmock-fault", "cut-after-event=1")];
    let mut client = SocketClient::open(&server.origin, REALTIME, &cut).unwrap();
    client.text();
    client.send(r#"{"type":"first"}"#);
    client.read().unwrap_err();
}

#[test]
fn handshakes_that_cannot_succeed_are_refused() {
    let server = Workdir::new().serve(&["--api-key", "secret-key"], &[]);
    let key = [("authorization", "Bearer secret-key")];
    let (status, body) = SocketClient::open(&server.origin, REALTIME, &[]).unwrap_err();
    assert!(status == 401 && body.contains("Missing API key"), "{status} {body}");
    let in_protocol = [("sec-websocket-protocol", "realtime, openai-insecure-api-key.secret-key")];
    SocketClient::open(&server.origin, REALTIME, &in_protocol).unwrap().close();
    let (status, body) =
        SocketClient::open(&server.origin, "/v1/chat/completions", &key).unwrap_err();
    assert!(status == 404 && body.contains("no WebSocket is known at"), "{status} {body}");
    let wrong = [key[0], ("sec-websocket-version", "8")];
    let (status, body) = SocketClient::open(&server.origin, REALTIME, &wrong).unwrap_err();
    assert!(status == 400 && body.contains("`Sec-WebSocket-Version` is 8"), "{status} {body}");
    let faulty = [key[0], ("x-llmock-fault", "status=503")];
    assert_eq!(SocketClient::open(&server.origin, REALTIME, &faulty).unwrap_err().0, 503);
    let mut client = SocketClient::open(&server.origin, REALTIME, &key).unwrap();
    client.text();
    client.send("x".repeat(17 << 20));
    let (code, reason) = client.closed();
    assert!(code == 1009 && reason.contains("body-limit"), "{code} {reason}");
}

#[test]
fn sockets_are_recorded_and_replayed() {
    let steps = vec![
        Step::text(r#"{"type":"session.created","id":"s1"}"#),
        Step::Receive,
        Step::text(r#"{"type":"done"}"#),
        Step::close(1000, "bye"),
    ];
    let upstream = SocketServer::start(None, steps);
    let workdir = Workdir::new();
    let base = format!("{}/v1", upstream.url());
    let variables = [("OPENAI_BASE_URL", &*base)];
    let server = workdir.serve(&["--fixtures", "all", "--record"], &variables);
    let talk = |server: &Server| {
        let mut client = open(server, REALTIME);
        let mut all = vec![client.text()];
        client.send(r#"{"type":"hello","key":"sk-proj-Zq8s7Df6gH5jK4lM3nB2vC1xX0yYwWvV"}"#);
        all.push(client.text());
        assert_eq!(client.closed(), (1000, "bye".to_owned()));
        all
    };
    let recorded = talk(&server);
    server.wait_for_recordings(1);
    assert!(String::from_utf8_lossy(&upstream.received()[0]).contains("sk-proj-Zq8"));
    drop(server);
    let written = workdir.read("all/recorded.json");
    assert!(!written.contains("sk-proj-Zq8") && written.contains("\"socket\""), "{written}");
    let server = workdir.serve(&["--fixtures", "all"], &[]);
    assert_eq!(talk(&server), recorded);
}

#[cfg(unix)]
#[test]
fn a_server_that_stops_closes_its_sockets() {
    let server = Workdir::new().serve(&[], &[]);
    let mut client = open(&server, REALTIME);
    client.text();
    let stopping = std::thread::spawn(move || server.stderr_after_exit(0));
    let (code, reason) = client.closed();
    assert_eq!((code, &*reason), (1001, "llmock: the server stops"));
    drop(client);
    stopping.join().unwrap();
}
