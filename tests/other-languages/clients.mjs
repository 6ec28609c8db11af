// What applications do with the clients of Node: an answer in one piece, and a stream.
//
// `clients.mjs NAME` runs one client as it is made without arguments, from the variables alone.

import assert from "node:assert/strict";

const model = "smollm2-135m";
const prompt = "What is the capital of France? Answer in one short sentence.";
const messages = [{ role: "user", content: prompt }];

const clients = {
  async openai() {
    const { default: OpenAI } = await import("openai");
    const client = new OpenAI();
    const asked = { model, messages, temperature: 0, max_tokens: 32 };
    const answer = await client.chat.completions.create(asked);
    const pieces = [];
    for await (const chunk of await client.chat.completions.create({ ...asked, stream: true })) {
      pieces.push(chunk.choices[0]?.delta.content);
    }
    return [answer.choices[0].message.content, pieces];
  },

  async anthropic() {
    const { default: Anthropic } = await import("@anthropic-ai/sdk");
    const client = new Anthropic();
    const asked = { model, messages, max_tokens: 32 };
    const answer = await client.messages.create(asked);
    const pieces = [];
    for await (const event of await client.messages.create({ ...asked, stream: true })) {
      if (event.type === "content_block_delta") pieces.push(event.delta.text);
    }
    return [answer.content[0].text, pieces];
  },

  async ai() {
    const { generateText, streamText } = await import("ai");
    const { openai } = await import("@ai-sdk/openai");
    const asked = { model: openai.chat(model), prompt, temperature: 0, maxOutputTokens: 32, maxRetries: 0 };
    const { text } = await generateText(asked);
    const pieces = [];
    for await (const piece of streamText(asked).textStream) pieces.push(piece);
    return [text, pieces];
  },
};

const [answer, received] = await clients[process.argv[2]]();
const pieces = received.filter(Boolean);
assert.match(answer, /Paris/);
assert.ok(pieces.length > 1, `one piece is no stream: ${JSON.stringify(pieces)}`);
assert.match(pieces.join(""), /Paris/);
