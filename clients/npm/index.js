// One `llmock serve` process for each test: it replays a fixture, or records one.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";

// Variables that clients read their base URL from, with its path below the server.
const BASE_URLS = {
  OPENAI_BASE_URL: "/openai/v1",
  ANTHROPIC_BASE_URL: "/anthropic",
  GOOGLE_GEMINI_BASE_URL: "/gemini",
  AZURE_OPENAI_ENDPOINT: "/azure",
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME: "/bedrock",
  OLLAMA_HOST: "/ollama",
  CO_API_URL: "/cohere",
  MISTRAL_BASE_URL: "/mistral/v1",
  GROQ_BASE_URL: "/groq",
  OPENROUTER_BASE_URL: "/openrouter/api/v1",
};

// Clients refuse to start without a key. A replay needs none.
const KEYS = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "AZURE_OPENAI_API_KEY", "CO_API_KEY", "MISTRAL_API_KEY", "GROQ_API_KEY", "OPENROUTER_API_KEY"];

const MODES = ["replay", "record", "auto"];

/** Starts a server for one fixture. End it with `stop()`. */
export async function start({ fixture, mode = process.env.LLMOCK_MODE || "replay" }) {
  if (!MODES.includes(mode)) {
    throw new Error(`invalid mode "${mode}": expected ${MODES.join(", ")}`);
  }
  const path = fixture.endsWith(".json") ? fixture : `${fixture}.json`;
  if (mode === "replay" && !existsSync(path)) {
    throw new Error(`there is no fixture ${path}: run the test with LLMOCK_MODE=record`);
  }
  // A recording replaces the fixture only if the test passes.
  const target = mode === "record" ? path.replace(/\.json$/, ".recording.json") : path;
  if (mode === "record") {
    mkdirSync(dirname(path), { recursive: true });
    rmSync(target, { force: true });
  }
  const env = { ...process.env };
  for (const name of ["LLMOCK_MODE", "LLMOCK_BIN"]) delete env[name];
  const options = mode === "replay" ? ["--fail-on-miss"] : ["--record"];
  const child = spawn(
    process.env.LLMOCK_BIN || "llmock",
    ["serve", "--host", "127.0.0.1", "--port", "0", "--fixtures", target, ...options],
    { env, stdio: ["ignore", "pipe", "pipe"] },
  );
  const lines = [];
  createInterface({ input: child.stderr }).on("line", (line) => lines.push(line));
  const ended = new Promise((resolve) => child.once("close", resolve));
  const url = await ready(child, lines);
  return new Server({ child, ended, lines, url, mode, path, target });
}

function ready(child, lines) {
  return new Promise((resolve, reject) => {
    const hint = "run `cargo install llmock-cli`, or set LLMOCK_BIN to its path";
    child.once("error", (error) => reject(new Error(`the command llmock cannot be started (${error.message}): ${hint}`)));
    child.once("close", () => reject(new Error(`llmock did not start: ${lines.join("\n")}`)));
    createInterface({ input: child.stdout }).once("line", (line) => resolve(JSON.parse(line).url.replace(/\/$/, "")));
  });
}

class Server {
  #state;

  constructor(state) {
    this.#state = state;
    this.url = state.url;
  }

  /** The base URL for clients of a provider. */
  baseURL(provider = "openai") {
    const path = { openai: "/openai/v1", mistral: "/mistral/v1", openrouter: "/openrouter/api/v1" };
    return this.url + (path[provider] ?? `/${provider}`);
  }

  /** Variables that point clients to the server, with placeholders for missing keys in a replay. */
  environment() {
    const variables = Object.entries(BASE_URLS).map(([name, path]) => [name, this.url + path]);
    const missing = this.#state.mode === "replay" ? KEYS.filter((name) => !process.env[name]) : [];
    return Object.fromEntries([...variables, ...missing.map((name) => [name, "llmock-placeholder"])]);
  }

  /** Stops the server, and keeps a recording if the test has passed. Throws if a request had no response. */
  async stop({ passed = true } = {}) {
    const { child, ended, lines, mode, path, target } = this.#state;
    child.kill("SIGTERM");
    const code = await ended;
    if (mode === "record") {
      if (passed && existsSync(target)) renameSync(target, path);
      else rmSync(target, { force: true });
    }
    if (code !== 0) {
      throw new Error(`llmock had no response for a request of this test:\n${lines.join("\n")}`);
    }
  }
}
