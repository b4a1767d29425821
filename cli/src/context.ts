import { createClient, type Client } from "@gantry/sdk/client";
import { requireKey, type Config } from "./config.ts";
import type { Terminal } from "./terminal.ts";

/** What a command works with. Built once, from the flags; nothing is read or connected before it is needed. */
export interface Context {
  readonly config: Config;
  readonly terminal: Terminal;
  /** Data as JSON on stdout. */
  readonly json: boolean;
  /** @throws {KeyMissingError} when no key is known for the server. */
  readonly client: () => Client;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Calls `listener` on these signals instead of ending the process, until the returned function is called. */
  readonly onSignals: (signals: readonly NodeJS.Signals[], listener: (signal: NodeJS.Signals) => void) => () => void;
  readonly stdin: NodeJS.ReadStream;
}

export function createContext(options: Omit<Context, "client"> & { version: string }): Context {
  const { version, ...context } = options;
  let client: Client | undefined;
  return {
    ...context,
    client: () =>
      (client ??= createClient({
        url: context.config.url.value,
        key: requireKey(context.config),
        userAgent: `gantry-cli/${version}`,
      })),
  };
}
