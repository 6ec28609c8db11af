import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { start } from "../index.js";

const request = (content) => ({ model: "m", messages: [{ role: "user", content }] });

function folder() {
  const path = mkdtempSync(join(tmpdir(), "llmock-"));
  const body = request("hi");
  const interaction = {
    provider: "openai",
    request: { path: "/v1/chat/completions", body },
    response: { headers: { "content-type": "application/json" }, body: { said: "hello" } },
  };
  writeFileSync(join(path, "greeting.json"), JSON.stringify({ llmock: 1, interactions: [interaction] }));
  return path;
}

async function chat(server, prompt) {
  const response = await fetch(`${server.baseURL("openai")}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", connection: "close" },
    body: JSON.stringify(request(prompt)),
  });
  return [response.status, await response.json()];
}

test("replays a fixture", async () => {
  const server = await start({ fixture: join(folder(), "greeting"), mode: "replay" });
  assert.deepEqual(await chat(server, "hi"), [200, { said: "hello" }]);
  assert.equal(server.environment().OPENAI_BASE_URL, server.baseURL());
  await server.stop();
});

test("a miss fails the test", async () => {
  const server = await start({ fixture: join(folder(), "greeting"), mode: "replay" });
  assert.equal((await chat(server, "bye"))[0], 418);
  await assert.rejects(server.stop(), /had no response for a request of this test/);
});

test("records what a passing test received", async () => {
  const upstream = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end('{"said":"new"}');
  });
  await new Promise((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  process.env.OPENAI_BASE_URL = `http://127.0.0.1:${upstream.address().port}/v1`;
  delete process.env.CI;
  const path = folder();
  for (const passed of [false, true]) {
    const server = await start({ fixture: join(path, "greeting.json"), mode: "record" });
    assert.deepEqual(await chat(server, "changed"), [200, { said: "new" }]);
    await server.stop({ passed });
    const text = readFileSync(join(path, "greeting.json"), "utf8");
    assert.equal(text.includes("changed"), passed);
    assert.deepEqual(readdirSync(path), ["greeting.json"]);
  }
  delete process.env.OPENAI_BASE_URL;
  upstream.close();
});

test("names what is missing", async () => {
  await assert.rejects(start({ fixture: "none", mode: "replay" }), /there is no fixture none.json: run the test with LLMOCK_MODE=record/);
  await assert.rejects(start({ fixture: "none", mode: "rekord" }), /invalid mode "rekord"/);
});
