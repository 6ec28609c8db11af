import type { TestAPI } from "vitest";
import type { Server } from "./index.js";

/** A `test` of vitest with a server for this fixture. */
export function replayTest(fixture: string): TestAPI<{ llmock: Server }>;
