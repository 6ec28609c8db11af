// Official Node clients against `llmock serve`: every answer must be what their users expect to read.

import assert from "node:assert/strict";

// A package, or nothing where it could not be installed.
const load = async (name) => {
  try {
    return await import(name);
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    return undefined;
  }
};
const packages = {
  openai: await load("openai"),
  anthropic: await load("@anthropic-ai/sdk"),
  gemini: await load("@google/genai"),
  ollama: await load("ollama"),
  cohere: await load("cohere-ai"),
};
const OpenAI = packages.openai?.default;
const Anthropic = packages.anthropic?.default;

const URL = process.env.MOCK_URL;
const RECORDER = process.env.MOCK_RECORDER_URL;
const SECURE = process.env.MOCK_SECURE_URL;
const KEYED = process.env.MOCK_KEYED_URL;
const KEY = "your-secret-api-key";
const CALL = `call tool 'weather' with '{"city": "Paris", "note": "it's warm"}'`;
const CALLS = `${CALL}\ncall tool 'clock' with '{}'`;
const ARGUMENTS = { city: "Paris", note: "it's warm" };
const NAMES = ["weather", "clock"];
const SCHEMA = {
  type: "object",
  properties: { city: { type: "string" }, note: { type: "string" } },
};
// A schema that prompts of these checks do not fit, and its instance.
const TRIP = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer", minimum: 2 } },
  required: ["city", "days"],
  additionalProperties: false,
};
const MADE = { city: "city", days: 2 };

const functions = NAMES.map((name) => ({ type: "function", function: { name, parameters: SCHEMA } }));
const user = (content) => [{ role: "user", content }];
const all = async (stream) => {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
};

const openai = (url = URL, apiKey = "any") => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
const anthropic = (url = URL, apiKey = "any") => new Anthropic({ baseURL: url, apiKey, maxRetries: 0 });
const gemini = (apiKey = "any", url = URL) =>
  new packages.gemini.GoogleGenAI({ apiKey, httpOptions: { baseUrl: url } });
const cohere = (url = URL, token = "any") =>
  new packages.cohere.CohereClientV2({ token, environment: url, maxRetries: 0 });
const ollama = (host = URL, key = "any") =>
  new packages.ollama.Ollama({ host, headers: { Authorization: `Bearer ${key}` } });
const claude = { model: "claude-mock", max_tokens: 100 };

// What a Realtime session says to a message.
async function realtime(url, apiKey) {
  const { OpenAIRealtimeWS } = await import("openai/realtime/ws");
  const client = new OpenAI({ apiKey, baseURL: `${url}/v1` });
  const socket = new OpenAIRealtimeWS({ model: "gpt-realtime" }, client);
  const said = await new Promise((resolve, reject) => {
    let text = "";
    socket.on("error", reject);
    socket.on("response.output_text.delta", (event) => (text += event.delta));
    socket.on("response.done", () => resolve(text));
    socket.on("session.created", () => {
      socket.send({ type: "session.update", session: { type: "realtime", output_modalities: ["text"] } });
      const content = [{ type: "input_text", text: "Hello!" }];
      socket.send({ type: "conversation.item.create", item: { type: "message", role: "user", content } });
      socket.send({ type: "response.create" });
    });
  });
  socket.close();
  return said;
}

// The texts of two responses on one socket, the second behind the first.
async function responses(url, apiKey) {
  const { ResponsesWS } = await import("openai/resources/responses/ws");
  const socket = new ResponsesWS(new OpenAI({ apiKey, baseURL: `${url}/v1` }));
  const texts = await new Promise((resolve, reject) => {
    const texts = [];
    socket.on("error", reject);
    socket.on("response.completed", ({ response }) => {
      texts.push(response.output[0].content[0].text);
      if (texts.length === 2) return resolve(texts);
      socket.send({ type: "response.create", model: "gpt-5", input: "two", previous_response_id: response.id });
    });
    socket.send({ type: "response.create", model: "gpt-5", input: "one" });
  });
  socket.close();
  return texts;
}

// What a Live session says to a message.
async function live(baseUrl, apiKey) {
  const { GoogleGenAI } = packages.gemini;
  const client = new GoogleGenAI({ apiKey, httpOptions: { baseUrl } });
  let session;
  const said = await new Promise((resolve, reject) => {
    let text = "";
    const onmessage = (message) => {
      text += message.text ?? "";
      if (message.serverContent?.turnComplete) resolve(text);
    };
    const config = { responseModalities: ["TEXT"] };
    client.live.connect({ model: "gemini-live", config, callbacks: { onmessage, onerror: reject } }).then((opened) => {
      session = opened;
      session.sendClientContent({ turns: [{ role: "user", parts: [{ text: "Hello!" }] }], turnComplete: true });
    }, reject);
  });
  session.close();
  return said;
}

// What answered the last handshake at a path.
async function answeredBy(path) {
  const answer = await fetch(`${RECORDER}/history?method=WEBSOCKET`);
  const { requests } = await answer.json();
  const handshakes = requests.filter((request) => request.path.includes(path));
  return handshakes.at(-1)?.answered_by;
}

// A talk is recorded, and replayed to those who come later. It is stored when its socket has closed, which a client does
// not wait for.
async function replays(talk, path) {
  const first = await talk(RECORDER, "first");
  for (let session = 2; session < 12; session++) {
    // Another key is another session, which begins with what is recorded.
    assert.deepEqual(await talk(RECORDER, `session ${session}`), first);
    if ((await answeredBy(path)) === "FixtureStrategy") return;
  }
  assert.fail(`no talk at ${path} was replayed`);
}

const checks = {
  async "openai chat mirrors, streams, and counts"() {
    const chat = openai().chat.completions;
    const answer = await chat.create({ model: "gpt-4o", messages: user("Hello!") });
    assert.equal(answer.choices[0].message.content, "Hello!");
    const chunks = await all(
      await chat.create({
        model: "gpt-4o",
        messages: user("one two three"),
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), "one two three");
    assert.ok(chunks.at(-1).usage.total_tokens > 0);
  },

  async "openai chat agent loop ends with text"() {
    const chat = openai().chat.completions;
    const first = await chat.create({ model: "gpt-4o", messages: user(CALLS), tools: functions });
    const { message, finish_reason } = first.choices[0];
    assert.equal(finish_reason, "tool_calls");
    assert.deepEqual(message.tool_calls.map((call) => call.function.name), NAMES);
    assert.deepEqual(JSON.parse(message.tool_calls[0].function.arguments), ARGUMENTS);
    const results = message.tool_calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: "sunny" }));
    const second = await chat.create({ model: "gpt-4o", messages: [...user(CALLS), message, ...results] });
    assert.match(second.choices[0].message.content, /sunny/);
  },

  async "openai chat stream helper assembles tool calls"() {
    const stream = openai().chat.completions.stream({ model: "gpt-4o", messages: user(CALLS), tools: functions });
    const { message } = (await stream.finalChatCompletion()).choices[0];
    assert.deepEqual(JSON.parse(message.tool_calls[0].function.arguments), ARGUMENTS);
    assert.deepEqual(message.tool_calls.map((call) => call.function.name), NAMES);
  },

  async "openai responses mirror, stream, and call tools"() {
    const responses = openai().responses;
    assert.equal((await responses.create({ model: "gpt-4o", input: "Hello!" })).output_text, "Hello!");
    const events = await all(await responses.create({ model: "gpt-4o", input: "one two", stream: true }));
    assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, at) => at));
    assert.equal(events.at(-1).response.status, "completed");
    const tools = NAMES.map((name) => ({ type: "function", name, parameters: SCHEMA, strict: false }));
    const first = await responses.create({ model: "gpt-4o", input: CALLS, tools });
    const calls = first.output.filter((item) => item.type === "function_call");
    assert.deepEqual(calls.map((call) => call.name), NAMES);
    const results = calls.map(({ call_id }) => ({ type: "function_call_output", call_id, output: "sunny" }));
    const second = await responses.create({ model: "gpt-4o", input: [...user(CALLS), ...first.output, ...results] });
    assert.match(second.output_text, /sunny/);
  },

  async "openai errors, keys, embeddings, models"() {
    const text = 'raise error {"code": 429, "message": "slow down", "error_code": "too_fast"}';
    const chat = (client, content) => client.chat.completions.create({ model: "gpt-4o", messages: user(content) });
    await assert.rejects(chat(openai(), text), (error) => {
      assert.ok(error instanceof OpenAI.RateLimitError);
      assert.equal(error.code, "too_fast");
      return true;
    });
    await assert.rejects(chat(openai(KEYED, "wrong"), "Hello!"), OpenAI.AuthenticationError);
    assert.equal((await chat(openai(KEYED, KEY), "Hello!")).choices[0].message.content, "Hello!");
    const embedded = await openai().embeddings.create({ model: "text-embedding-3-small", input: ["a", "b"] });
    assert.equal(embedded.data.length, 2);
    assert.ok(embedded.data[0].embedding.every(Number.isFinite));
    assert.ok(Array.isArray((await openai().models.list()).data));
  },

  async "anthropic mirrors, streams, and counts"() {
    const { messages } = anthropic();
    const answer = await messages.create({ ...claude, messages: user("Hello!") });
    assert.equal(answer.content[0].text, "Hello!");
    const final = await messages.stream({ ...claude, messages: user("one two") }).finalMessage();
    assert.equal(final.content[0].text, "one two");
    const count = await messages.countTokens({ model: claude.model, messages: user("Hello!") });
    assert.ok(count.input_tokens > 0);
  },

  async "anthropic agent loop ends with text"() {
    const { messages } = anthropic();
    const tools = NAMES.map((name) => ({ name, input_schema: SCHEMA }));
    const first = await messages.stream({ ...claude, messages: user(CALLS), tools }).finalMessage();
    assert.equal(first.stop_reason, "tool_use");
    const calls = first.content.filter((block) => block.type === "tool_use");
    assert.deepEqual(calls.map((call) => call.name), NAMES);
    assert.deepEqual(calls[0].input, ARGUMENTS);
    const results = calls.map(({ id }) => ({ type: "tool_result", tool_use_id: id, content: "sunny" }));
    const history = [...user(CALLS), { role: "assistant", content: first.content }, ...user(results)];
    const second = await messages.create({ ...claude, messages: history, tools });
    assert.match(second.content[0].text, /sunny/);
  },

  async "anthropic errors and keys"() {
    const text = 'raise error {"code": 529, "message": "busy", "type": "overloaded_error"}';
    const ask = (client, content) => client.messages.create({ ...claude, messages: user(content) });
    await assert.rejects(ask(anthropic(), text), (error) => {
      assert.equal(error.status, 529);
      assert.equal(error.error.error.type, "overloaded_error");
      return true;
    });
    await assert.rejects(ask(anthropic(KEYED, "wrong"), "Hello!"), Anthropic.AuthenticationError);
    assert.equal((await ask(anthropic(KEYED, KEY), "Hello!")).content[0].text, "Hello!");
  },

  async "gemini mirrors, streams, calls tools, and fails"() {
    const { models } = gemini();
    const model = "gemini-2.5-flash";
    assert.equal((await models.generateContent({ model, contents: "Hello!" })).text, "Hello!");
    const chunks = await all(await models.generateContentStream({ model, contents: "one two three" }));
    assert.equal(chunks.map((chunk) => chunk.text ?? "").join(""), "one two three");
    const functionDeclarations = NAMES.map((name) => ({ name, parametersJsonSchema: SCHEMA }));
    const config = { tools: [{ functionDeclarations }] };
    const called = await models.generateContent({ model, contents: CALLS, config });
    assert.deepEqual(called.functionCalls.map((call) => call.name), NAMES);
    assert.deepEqual(called.functionCalls[0].args, ARGUMENTS);
    const results = called.functionCalls.map(({ name }) => ({
      functionResponse: { name, response: { result: "sunny" } },
    }));
    const history = [
      { role: "user", parts: [{ text: CALLS }] },
      called.candidates[0].content,
      { role: "user", parts: results },
    ];
    assert.match((await models.generateContent({ model, contents: history, config })).text, /sunny/);
    const contents = 'raise error {"code": 429, "message": "slow down"}';
    await assert.rejects(models.generateContent({ model, contents }), (error) => error.status === 429);
    const right = await gemini(KEY, KEYED).models.generateContent({ model, contents: "Hello!" });
    assert.equal(right.text, "Hello!");
  },

  async "ollama mirrors, streams, calls tools, and fails"() {
    const model = "llama3.2";
    const answer = await ollama().chat({ model, messages: user("one two") });
    assert.equal(answer.message.content, "one two");
    const chunks = await all(await ollama().chat({ model, messages: user("one two"), stream: true }));
    assert.equal(chunks.map((chunk) => chunk.message.content).join(""), "one two");
    const { message } = await ollama().chat({ model, messages: user(CALLS), tools: functions });
    assert.deepEqual(message.tool_calls[0].function.arguments, ARGUMENTS);
    const result = { role: "tool", tool_name: "weather", content: "sunny" };
    const second = await ollama().chat({ model, messages: [...user(CALLS), message, result], tools: functions });
    assert.match(second.message.content, /sunny/);
    const failing = user('raise error {"code": 404, "message": "no such model"}');
    await assert.rejects(ollama().chat({ model, messages: failing }), /no such model/);
    const hello = { model, messages: user("Hello!") };
    assert.equal((await ollama(KEYED, KEY).chat(hello)).message.content, "Hello!");
    await assert.rejects(ollama(KEYED, "wrong").chat(hello), (error) => error.status_code === 401);
  },

  async "cohere mirrors, streams, calls tools, and fails"() {
    const model = "command-a-03-2025";
    const answer = await cohere().chat({ model, messages: user("one two") });
    assert.equal(answer.message.content[0].text, "one two");
    const events = await all(await cohere().chatStream({ model, messages: user("one two") }));
    const deltas = events.filter((event) => event.type === "content-delta");
    assert.equal(deltas.map((event) => event.delta.message.content.text).join(""), "one two");
    const { message } = await cohere().chat({ model, messages: user(CALLS), tools: functions });
    assert.deepEqual(message.toolCalls.map((call) => call.function.name), NAMES);
    const { toolCalls } = message;
    const results = toolCalls.map(({ id }) => ({ role: "tool", toolCallId: id, content: "sunny" }));
    const history = [...user(CALLS), { role: "assistant", toolCalls }, ...results];
    const second = await cohere().chat({ model, messages: history, tools: functions });
    assert.match(second.message.content[0].text, /sunny/);
    const failing = cohere().chat(
      { model, messages: user('raise error {"code": 429, "message": "slow down"}') },
      { maxRetries: 0 },
    );
    await assert.rejects(failing, (error) => error.statusCode === 429);
    const hello = { model, messages: user("Hello!") };
    assert.equal((await cohere(KEYED, KEY).chat(hello)).message.content[0].text, "Hello!");
    await assert.rejects(cohere(KEYED, "wrong").chat(hello), (error) => error.statusCode === 401);
  },

  async "openai makes the JSON and the calls that a request demands"() {
    const response_format = { type: "json_schema", json_schema: { name: "trip", strict: true, schema: TRIP } };
    const chat = openai().chat.completions;
    const parsed = await chat.parse({ model: "gpt-4o", messages: user("a trip"), response_format });
    assert.deepEqual(JSON.parse(parsed.choices[0].message.content), MADE);
    const text = { format: { type: "json_schema", name: "trip", strict: true, schema: TRIP } };
    const response = await openai().responses.create({ model: "gpt-4o", input: "a trip", text });
    assert.deepEqual(JSON.parse(response.output_text), MADE);
    const called = await chat.create({
      model: "gpt-4o", messages: user("Hi"), tools: functions, tool_choice: "required",
    });
    assert.equal(called.choices[0].message.tool_calls[0].function.name, "weather");
  },

  async "anthropic makes the JSON and the calls that a request demands"() {
    const output_config = { format: { type: "json_schema", schema: TRIP } };
    const answer = await anthropic().messages.create({ ...claude, messages: user("a trip"), output_config });
    assert.deepEqual(JSON.parse(answer.content[0].text), MADE);
    const tools = [{ name: "book", input_schema: TRIP }];
    const tool_choice = { type: "any" };
    const called = await anthropic().messages
      .stream({ ...claude, messages: user("a trip"), tools, tool_choice })
      .finalMessage();
    assert.deepEqual(called.content[0].input, MADE);
  },

  async "gemini makes the JSON and the calls that a request demands"() {
    const { models } = gemini();
    const model = "gemini-2.5-flash";
    const config = { responseMimeType: "application/json", responseJsonSchema: TRIP };
    const answer = await models.generateContent({ model, contents: "a trip", config });
    assert.deepEqual(JSON.parse(answer.text), MADE);
    const functionDeclarations = [{ name: "book", parametersJsonSchema: TRIP }];
    const toolConfig = { functionCallingConfig: { mode: "ANY" } };
    const forced = { tools: [{ functionDeclarations }], toolConfig };
    const called = await models.generateContent({ model, contents: "a trip", config: forced });
    assert.deepEqual(called.functionCalls[0].args, MADE);
  },

  async "ollama makes the JSON that a request demands"() {
    const answer = await ollama().chat({ model: "llama3.2", messages: user("a trip"), format: TRIP });
    assert.deepEqual(JSON.parse(answer.message.content), MADE);
  },

  async "openai talks over Realtime"() {
    assert.equal(await realtime(SECURE, "any"), "Hello!");
  },

  async "openai opens Responses over a WebSocket"() {
    assert.deepEqual(await responses(URL, "any"), ["one", "two"]);
  },

  async "openai sockets replay from a recording"() {
    await replays(realtime, "/v1/realtime");
    await replays(responses, "/v1/responses");
  },

  async "gemini talks over Live"() {
    assert.equal(await live(URL, "any"), "Hello!");
  },

  async "gemini sockets replay from a recording"() {
    await replays(live, "/ws/");
  },

  async "cohere makes the JSON and the calls that a request demands"() {
    const model = "command-a-03-2025";
    const responseFormat = { type: "json_object", jsonSchema: TRIP };
    const answer = await cohere().chat({ model, messages: user("a trip"), responseFormat });
    assert.deepEqual(JSON.parse(answer.message.content[0].text), MADE);
    const called = await cohere().chat({
      model, messages: user("Hi"), tools: functions, toolChoice: "REQUIRED",
    });
    assert.equal(called.message.toolCalls[0].function.name, "weather");
  },
};

// Nothing here takes longer, unless it hangs.
const PATIENCE = 30;
const late = () =>
  new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no result after ${PATIENCE} s`)), PATIENCE * 1000).unref();
  });

let passed = 0;
let failed = 0;
// Of the recordings, or all others.
const ofRecordings = process.argv[2] === "recordings";
const chosen = Object.entries(checks).filter(([name]) => name.endsWith("from a recording") === ofRecordings);
for (const [name, check] of chosen) {
  const [of] = name.split(" ");
  if (!packages[of]) {
    console.log(`SKIPPED: node ${name}: the client of ${of} is not installed`);
    continue;
  }
  try {
    await Promise.race([check(), late()]);
    passed += 1;
    console.log(`ok node ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED node ${name}\n${error.stack ?? error}`);
  }
}
const skipped = chosen.length - passed - failed;
console.log(`node: ${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed ? 1 : 0);
