// A test of vitest with a server of its own.

import { dirname, join } from "node:path";
import { test as base } from "vitest";
import { start } from "./index.js";

/** `replayTest(fixture)(name, body)`: the body gets `{ llmock }`, and variables point clients to it. */
export function replayTest(fixture) {
  return base.extend({
    llmock: [
      async ({ task }, use) => {
        const path = fixture.includes("/") ? fixture : join(dirname(task.file.filepath), "fixtures", fixture);
        const server = await start({ fixture: path });
        const before = { ...process.env };
        Object.assign(process.env, server.environment());
        let passed = false;
        try {
          await use(server);
          passed = task.result?.state !== "fail";
        } finally {
          for (const name of Object.keys(server.environment())) {
            if (name in before) process.env[name] = before[name];
            else delete process.env[name];
          }
          await server.stop({ passed });
        }
      },
      { auto: true },
    ],
  });
}
