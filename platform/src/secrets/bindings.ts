import type { Binding } from "./envelope.ts";

/** What each kind of content is bound to: to seal and open it, and to find it again when keys change. */

export interface SecretPlace {
  org: string;
  id: string;
  version: number;
  project: string | null;
  environment: string | null;
  name: string;
}

/** Scope and name are part of it: whoever can edit rows can't make production's value answer for another name. */
export function secretBinding({ org, id, version, project, environment, name }: SecretPlace): Binding {
  return { org, purpose: "secret", record: JSON.stringify([id, version, project, environment, name]) };
}

export function stateBinding({ org, state, version }: { org: string; state: string; version: number }): Binding {
  return { org, purpose: "terraform-state", record: `${state} ${version}` };
}

export function blobBinding(org: string, digest: string, encoding: string): Binding {
  return { org: org.toLowerCase(), purpose: "blob", record: `${digest} ${encoding}` };
}

export function modelContentBinding(org: string, call: string): Binding {
  return { org, purpose: "model-content", record: call };
}

export function mcpSignInBinding(org: string, server: string, part: "tokens" | "attempt"): Binding {
  return { org, purpose: "mcp-sign-in", record: JSON.stringify([server, part]) };
}
