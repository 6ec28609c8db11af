// Frameworks of JavaScript, and Mistral's client, against `llmock serve`: a cell for each thing that each can do.

import assert from "node:assert/strict";

const URL = process.env.MOCK_URL;
const OPENAI = `${URL}/v1`;
const KEY = "any";
const COLUMNS = ["chat", "stream", "tools", "structured", "forced", "embeddings", "errors"];
// Nothing here takes longer, unless it hangs.
const PATIENCE = 60_000;
Object.assign(process.env, { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: OPENAI, MASTRA_TELEMETRY_DISABLED: "1" });

const CALL = `call tool 'weather' with '{"city": "Paris"}'`;
const SLOW = 'raise error {"code": 429, "message": "slow down"}';
const TRIP = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer", minimum: 2 } },
  required: ["city", "days"],
  additionalProperties: false,
};
const MADE = { city: "city", days: 2 };
const PLACE = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const weather = async ({ city }) => `sunny in ${city}`;

const clients = {};
const add = (name, cells) => (clients[name] = cells);
const all = async (stream) => {
  let text = "";
  for await (const part of stream) text += part;
  return text;
};

// A function that explains a cell which a client does not have.
const no = (why) => ({ why });

// --- mistralai

const mistral = async () => {
  const { Mistral } = await import("@mistralai/mistralai");
  return new Mistral({ apiKey: KEY, serverURL: URL, retryConfig: { strategy: "none" } });
};
const model = "mistral-small-latest";
const user = (content) => [{ role: "user", content }];
const tools = [{ type: "function", function: { name: "weather", parameters: PLACE } }];

add("mistralai", {
  async chat() {
    const answer = await (await mistral()).chat.complete({ model, messages: user("Hello!") });
    assert.equal(answer.choices[0].message.content, "Hello!");
  },
  async stream() {
    const events = await (await mistral()).chat.stream({ model, messages: user("one two three") });
    let text = "";
    for await (const event of events) text += event.data.choices[0].delta.content ?? "";
    assert.equal(text, "one two three");
  },
  async tools() {
    const client = await mistral();
    const first = await client.chat.complete({ model, messages: user(CALL), tools });
    const { message } = first.choices[0];
    const [call] = message.toolCalls;
    const result = { role: "tool", toolCallId: call.id, name: "weather", content: "sunny" };
    const messages = [...user(CALL), { ...message, role: "assistant" }, result];
    const second = await client.chat.complete({ model, messages, tools });
    assert.match(second.choices[0].message.content, /sunny/);
  },
  async structured() {
    const responseFormat = { type: "json_schema", jsonSchema: { name: "trip", schemaDefinition: TRIP, strict: true } };
    const answer = await (await mistral()).chat.complete({ model, messages: user("a trip"), responseFormat });
    assert.deepEqual(JSON.parse(answer.choices[0].message.content), MADE);
  },
  async forced() {
    const answer = await (await mistral()).chat.complete({ model, messages: user("Hi"), tools, toolChoice: "any" });
    assert.equal(answer.choices[0].message.toolCalls[0].function.name, "weather");
  },
  async embeddings() {
    const answer = await (await mistral()).embeddings.create({ model: "mistral-embed", inputs: ["a", "b"] });
    assert.equal(answer.data.length, 2);
  },
  async errors() {
    const failing = (await mistral()).chat.complete({ model, messages: user(SLOW) });
    await assert.rejects(failing, (error) => error.statusCode === 429);
  },
});

// --- Vercel AI SDK 6 and 7

const providers = {
  openai: async (version) => {
    const made = (await import(`ai-openai-${version}`)).createOpenAI({ baseURL: OPENAI, apiKey: KEY });
    return { model: made.chat("gpt-4o"), embedding: (made.embeddingModel ?? made.textEmbeddingModel).call(made, "text-embedding-3-small") };
  },
  responses: async (version) => {
    const made = (await import(`ai-openai-${version}`)).createOpenAI({ baseURL: OPENAI, apiKey: KEY });
    return { model: made.responses("gpt-4o") };
  },
  anthropic: async (version) => {
    const made = (await import(`ai-anthropic-${version}`)).createAnthropic({ baseURL: OPENAI, apiKey: KEY });
    return { model: made("claude-sonnet-4-5") };
  },
  google: async (version) => {
    const made = (await import(`ai-google-${version}`)).createGoogleGenerativeAI({ baseURL: `${URL}/v1beta`, apiKey: KEY });
    return {
      model: made("gemini-2.5-flash"),
      embedding: (made.embeddingModel ?? made.textEmbeddingModel).call(made, "gemini-embedding-001"),
    };
  },
};

const vercel = (version, provider) => {
  const load = async () => {
    const ai = await import(`ai-${version}`);
    const { model, embedding } = await providers[provider](version);
    const tool = ai.tool({ description: "The weather.", inputSchema: ai.jsonSchema(PLACE), execute: weather });
    return { ai, model, embedding, given: { model, maxRetries: 0 }, tools: { weather: tool } };
  };
  const cells = {
    async chat() {
      const { ai, given } = await load();
      assert.equal((await ai.generateText({ ...given, prompt: "Hello!" })).text, "Hello!");
    },
    async stream() {
      const { ai, given } = await load();
      assert.equal(await all(ai.streamText({ ...given, prompt: "one two three" }).textStream), "one two three");
    },
    async tools() {
      const { ai, given, tools } = await load();
      const stopWhen = (ai.stepCountIs ?? ai.isStepCount)(3);
      const { text } = await ai.generateText({ ...given, prompt: CALL, tools, stopWhen });
      assert.match(text, /sunny/);
    },
    async structured() {
      const { ai, given } = await load();
      const schema = ai.jsonSchema(TRIP);
      // Version 6 leaves `minimum` out for Google.
      const made = version === 6 && provider === "google" ? { ...MADE, days: 0 } : MADE;
      const { output } = await ai.generateText({ ...given, prompt: "a trip", output: ai.Output.object({ schema }) });
      assert.deepEqual(output, made);
      const streamed = ai.streamText({ ...given, prompt: "a trip", output: ai.Output.object({ schema }) });
      assert.deepEqual(await streamed.output, made);
    },
    async forced() {
      const { ai, given, tools } = await load();
      const { toolCalls } = await ai.generateText({ ...given, prompt: "Hi", tools, toolChoice: "required" });
      assert.equal(toolCalls[0].toolName, "weather");
    },
    async errors() {
      const { ai, given } = await load();
      await assert.rejects(ai.generateText({ ...given, prompt: SLOW }), (error) => {
        assert.ok(ai.APICallError.isInstance(error), error);
        return error.statusCode === 429 && error.isRetryable;
      });
    },
    embeddings: no(provider === "anthropic" ? "Anthropic has none" : "tested with OpenAI's chat completions"),
  };
  if (provider === "openai" || provider === "google") {
    cells.embeddings = async () => {
      const { ai, embedding } = await load();
      const { embeddings } = await ai.embedMany({ model: embedding, values: ["a", "b"], maxRetries: 0 });
      assert.equal(embeddings.length, 2);
    };
  }
  add(`ai ${version} ${provider}`, cells);
};
for (const version of [6, 7]) for (const provider of Object.keys(providers)) vercel(version, provider);

// --- mastra

const mastra = async (tools = {}) => {
  const { Agent } = await import("@mastra/core/agent");
  const model = { id: "openai/gpt-4o", url: OPENAI, apiKey: KEY };
  return new Agent({ id: "a", name: "a", instructions: "Be brief.", model, tools, maxRetries: 0 });
};
const mastraTool = async () => {
  const [{ createTool }, { z }] = [await import("@mastra/core/tools"), await import("zod")];
  const inputSchema = z.object({ city: z.string() });
  const execute = async (given) => weather(given.context ?? given);
  return { weather: createTool({ id: "weather", description: "The weather.", inputSchema, execute }) };
};

add("mastra", {
  async chat() {
    assert.equal((await (await mastra()).generate("Hello!")).text, "Hello!");
  },
  async stream() {
    const streamed = await (await mastra()).stream("one two three");
    assert.equal(await all(streamed.textStream), "one two three");
  },
  async tools() {
    const answer = await (await mastra(await mastraTool())).generate(CALL, { maxSteps: 3 });
    assert.match(answer.text, /sunny/);
  },
  async structured() {
    const { z } = await import("zod");
    const schema = z.object({ city: z.string(), days: z.number().int().min(2) });
    const answer = await (await mastra()).generate("a trip", { structuredOutput: { schema } });
    assert.deepEqual(answer.object, MADE);
  },
  async forced() {
    const agent = await mastra(await mastraTool());
    const answer = await agent.generate("Hi", { toolChoice: "required", maxSteps: 1 });
    const [call] = answer.toolCalls;
    assert.equal((call.payload ?? call).toolName, "weather");
  },
  embeddings: no("it embeds with the AI SDK, which is tested"),
  async errors() {
    await assert.rejects(async () => {
      const answer = await (await mastra()).generate(SLOW);
      if (answer.error) throw answer.error;
    }, /slow down/);
  },
});

// --- LangChain.js and LangGraph.js

const langchain = async (more = {}) => {
  const { ChatOpenAI } = await import("@langchain/openai");
  return new ChatOpenAI({ model: "gpt-4o", apiKey: KEY, maxRetries: 0, configuration: { baseURL: OPENAI }, ...more });
};
const langchainTool = async () => {
  const { tool } = await import("@langchain/core/tools");
  return tool(weather, { name: "weather", description: "The weather.", schema: PLACE });
};

add("langchain", {
  async chat() {
    assert.equal((await (await langchain()).invoke("Hello!")).content, "Hello!");
  },
  async stream() {
    let text = "";
    for await (const chunk of await (await langchain()).stream("one two three")) text += chunk.content;
    assert.equal(text, "one two three");
  },
  async tools() {
    const { createAgent } = await import("langchain");
    const agent = createAgent({ model: await langchain(), tools: [await langchainTool()] });
    const { messages } = await agent.invoke({ messages: user(CALL) });
    assert.match(String(messages.at(-1).content), /sunny/);
  },
  async structured() {
    for (const method of ["jsonSchema", "functionCalling"]) {
      const structured = (await langchain()).withStructuredOutput(TRIP, { method, name: "trip" });
      assert.deepEqual(await structured.invoke("a trip"), MADE);
    }
  },
  async forced() {
    const bound = (await langchain()).bindTools([await langchainTool()], { tool_choice: "any" });
    assert.equal((await bound.invoke("Hi")).tool_calls[0].name, "weather");
  },
  async embeddings() {
    const { OpenAIEmbeddings } = await import("@langchain/openai");
    const embeddings = new OpenAIEmbeddings({ apiKey: KEY, configuration: { baseURL: OPENAI }, maxRetries: 0 });
    assert.equal((await embeddings.embedDocuments(["a", "b"])).length, 2);
  },
  async errors() {
    await assert.rejects((await langchain()).invoke(SLOW), (error) => error.status === 429);
  },
});

// --- the table

const late = (ms) =>
  new Promise((_, reject) => setTimeout(() => reject(new Error(`no result after ${ms / 1000} s`)), ms).unref());
const counts = { ok: 0, FAILED: 0, skipped: 0 };
const rows = [];
const explained = [];
const only = process.argv.slice(2);
for (const [client, cells] of Object.entries(clients)) {
  if (only.length > 0 && !only.includes(client)) continue;
  const row = [];
  for (const column of COLUMNS) {
    const cell = cells[column];
    assert.ok(cell, `${client} ${column} is neither tested nor explained`);
    if (cell.why) {
      explained.push(`- ${client} ${column}: ${cell.why}`);
      row.push("-");
      continue;
    }
    let outcome = "ok";
    try {
      await Promise.race([cell(), late(PATIENCE)]);
      console.log(`ok node ${client} ${column}`);
    } catch (error) {
      const isMissing = error.code === "ERR_MODULE_NOT_FOUND";
      outcome = isMissing ? "skipped" : "FAILED";
      const shown = isMissing ? error.message.split("\n")[0] : (error.stack ?? error);
      console.log(`${isMissing ? "SKIPPED:" : "FAILED"} node ${client} ${column}: ${shown}`);
    }
    counts[outcome] += 1;
    row.push(outcome);
  }
  rows.push([client, row]);
}
console.log(`\n${"node".padEnd(22)}${COLUMNS.map((column) => column.padEnd(12)).join("")}`);
for (const [client, row] of rows) console.log(`${client.padEnd(22)}${row.map((one) => one.padEnd(12)).join("")}`);
console.log(explained.join("\n"));
console.log(`node: ${counts.ok} passed, ${counts.FAILED} failed, ${counts.skipped} skipped`);
process.exit(counts.FAILED ? 1 : 0);
