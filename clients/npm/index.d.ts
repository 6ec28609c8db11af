export type Mode = "replay" | "record" | "auto";

export interface Server {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The base URL for clients of a provider. */
  baseURL(provider?: string): string;
  /** Variables that point clients to the server. */
  environment(): Record<string, string>;
  /** Stops the server. Throws if a request had no response. */
  stop(result?: { passed?: boolean }): Promise<void>;
}

/** Starts a server for one fixture. The mode is that of `LLMOCK_MODE` by default. */
export function start(options: { fixture: string; mode?: Mode }): Promise<Server>;
