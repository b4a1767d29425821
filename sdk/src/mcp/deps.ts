import type { Client } from "../client/index.ts";
import type { ReadPage } from "./pages.ts";

export interface McpDeps {
  client: Client;
  readPage: ReadPage;
  /** Where people open the dashboard, without a slash at the end. */
  address: string;
}

/** The page of a run, for people. */
export function runAddress({ address }: Pick<McpDeps, "address">, run: string): string {
  return `${address}/runs/${run}`;
}

/** The page where people decide on exactly this change set. */
export function approvalAddress({ address }: Pick<McpDeps, "address">, run: string, hash: string): string {
  return `${address}/approvals/${run}?hash=${encodeURIComponent(hash)}`;
}
