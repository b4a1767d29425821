import { Writable } from "node:stream";
import type { Command } from "commander";
import type { Act } from "../action.ts";
import { requireKey } from "../config.ts";
import type { Context } from "../context.ts";
import { safeLine } from "../render/safe-text.ts";
import { version } from "../version.ts";
import { mcpServerCommands } from "./mcp-servers.ts";

/** `gantry mcp`: Gantry for programs that speak the Model Context Protocol, and servers that speak it for Gantry. */
export function mcpCommands(program: Command, act: Act): void {
  const mcp = program
    .command("mcp")
    .description("Model Context Protocol: Gantry for editors and assistants, and tools of servers for Gantry.");

  const serve = mcp
    .command("serve")
    .description("Serve it on stdin and stdout, with the key of the context, to the program that started this.");
  act(serve, serveOnStdio);

  mcpServerCommands(mcp, act);
}

async function serveOnStdio({ config, terminal, stdin, onSignals }: Context): Promise<void> {
  const api = { url: config.url.value, key: requireKey(config), userAgent: `gantry-cli/${version} mcp` };
  // Loaded here: no other command needs it.
  const { serveMcpStdio } = await import("@gantry/sdk/mcp");
  const stopped = new AbortController();
  const off = onSignals(["SIGINT", "SIGTERM"], () => stopped.abort());
  const output = new Writable({
    decodeStrings: false,
    write: (text: string, _encoding, done) => {
      terminal.writeData(text);
      done();
    },
  });
  try {
    await serveMcpStdio(
      { api, address: config.url.value, version },
      { input: stdin, output, signal: stopped.signal },
      (error) => terminal.say(safeLine(error.message)),
    );
  } finally {
    off();
  }
}
