import type { Client } from "@gantry/sdk/client";
import { commandLine } from "../parts/command-line.ts";
import { recordOf, type Pair } from "../parts/pairs-field.tsx";

type Setup = Parameters<Client["mcpServers"]["put"]>[1];

/** What is filled in of a server that isn't there yet. */
export interface Draft {
  kind: "address" | "program";
  name: string;
  url: string;
  /** How it knows us: by secrets in headers or by nothing, or by tokens that a person or a program gets. */
  known: "headers" | "person" | "program";
  pairs: readonly Pair[];
  issuer: string;
  client: string;
  secret: string;
  scope: string;
  command: string;
  /** One a line. */
  args: string;
  env: readonly Pair[];
  network: boolean;
}

export const emptyDraft: Draft = {
  kind: "address",
  name: "",
  url: "",
  known: "headers",
  pairs: [],
  issuer: "",
  client: "",
  secret: "",
  scope: "",
  command: "",
  args: "",
  env: [],
  network: false,
};

export function setupOf(draft: Draft): Setup {
  const secrets = recordOf(draft.pairs);
  if (draft.kind === "program") {
    const { command, env, network } = draft;
    return { transport: "stdio", command, args: argsOf(draft), env: recordOf(env), secrets, network };
  }
  const { url, known } = draft;
  if (known === "headers") return { transport: "http", url, secrets };
  const { issuer, client, secret, scope } = draft;
  const said = (text: string): string | null => (text === "" ? null : text);
  const oauth = { by: known, issuer: said(issuer), client: said(client), secret: said(secret), scope: said(scope) };
  return { transport: "http", url, oauth };
}

/** The same at the command line. */
export function commandOf(draft: Draft): string {
  const { kind, name, url, known, command, network } = draft;
  const lines = (pairs: readonly Pair[]): string[] =>
    Object.entries(recordOf(pairs)).map(([key, value]) => `${key}=${value}`);
  const words = ["mcp", "add", name || "tracker"];
  if (kind === "program")
    return commandLine(words, {
      command: command || "mcp-files",
      arg: argsOf(draft),
      env: lines(draft.env),
      secret: lines(draft.pairs),
      ...(network && { network }),
    });
  const address = url || "https://tracker.example.com/mcp";
  if (known === "headers") return commandLine(words, { address, secret: lines(draft.pairs) });
  const parts = (["issuer", "client", "secret", "scope"] as const).filter((part) => draft[part] !== "");
  return commandLine(words, {
    address,
    oauth: [...(known === "person" ? ["by=person"] : []), ...parts.map((part) => `${part}=${draft[part]}`)],
  });
}

function argsOf({ args }: Draft): string[] {
  return args.split("\n").filter((one) => one !== "");
}
