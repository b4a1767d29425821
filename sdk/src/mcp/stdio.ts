import type { Readable, Writable } from "node:stream";
import type { McpRequestContext } from "@modelcontextprotocol/server";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { createGantryMcp, type GantryMcpOptions } from "./gantry-mcp.ts";

/** Serves one client on these streams, until it closes its end or the signal says so. */
export async function serveMcpStdio(
  options: Omit<GantryMcpOptions, "subscriptions">,
  { input, output, signal }: { input: Readable; output: Writable; signal: AbortSignal },
  onError: (error: Error) => void,
): Promise<void> {
  const over = Promise.withResolvers<void>();
  const transport = new StdioServerTransport(input, output);
  const serverFor = ({ era }: McpRequestContext) =>
    createGantryMcp({ ...options, subscriptions: era === "legacy" ? "requests" : null });
  const handle = serveStdio(serverFor, { transport, onerror: onError });
  const close = transport.onclose;
  transport.onclose = () => {
    close?.();
    over.resolve();
  };
  signal.addEventListener("abort", () => over.resolve(), { once: true });
  await over.promise;
  await handle.close();
}
