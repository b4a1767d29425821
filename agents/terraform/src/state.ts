import { Json, type ToolContext } from "@gantry/sdk";
import { hostname } from "node:os";
import { z } from "zod";
import { StateUnreachableError } from "./errors.ts";
import type { StateVersion } from "./schemas.ts";

const Instance = z.object({ index_key: z.union([z.string(), z.number()]).optional() });
const State = z.object({
  lineage: z.string(),
  serial: z.int(),
  outputs: z.record(z.string(), z.object({ value: Json, sensitive: z.boolean().default(false) })).default({}),
  resources: z
    .array(
      z.object({
        module: z.string().optional(),
        mode: z.string(),
        type: z.string(),
        name: z.string(),
        instances: z.array(Instance).default([]),
      }),
    )
    .default([]),
});
/** The parts of a Terraform state that are asked for; attributes are never read. */
export type State = z.infer<typeof State>;

/** Who holds a lock, as Terraform writes it; the platform puts run, step and attempt into `Info`. */
const LockInfo = z.object({
  ID: z.string(),
  Operation: z.string().default(""),
  Info: z.string().default(""),
  Who: z.string().default(""),
  Created: z.string().default(""),
});
export type LockInfo = z.infer<typeof LockInfo>;

export interface StateBackend {
  /** What Terraform needs to reach it. */
  env: Record<string, string>;
  /** Null when there is no state yet. */
  read(): Promise<State | null>;
  write(state: unknown): Promise<void>;
  /** Takes the lock; when another holds it, says who. */
  lock(purpose: string): Promise<{ taken: true; id: string } | { taken: false; holder: LockInfo }>;
  unlock(id: string): Promise<void>;
}

/** A state in the platform's backend, over the protocol that Terraform itself speaks (the `http` backend). */
export async function openState(ctx: ToolContext, name: string): Promise<StateBackend> {
  const env = await ctx.stateBackend(name);
  const authorization = `Basic ${btoa(`${env["TF_HTTP_USERNAME"] ?? ""}:${env["TF_HTTP_PASSWORD"] ?? ""}`)}`;
  const address = env["TF_HTTP_ADDRESS"] ?? "";
  const ask = async (method: string, url: string, body?: string): Promise<{ status: number; text: string }> => {
    try {
      const response = await fetch(url, {
        method,
        headers: { authorization, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        body: body ?? null,
        signal: AbortSignal.timeout(30_000),
        redirect: "error",
      });
      return { status: response.status, text: await response.text() };
    } catch (cause) {
      throw unreachable(name, "it didn't answer", cause);
    }
  };
  return {
    env,
    async read() {
      const { status, text } = await ask("GET", address);
      if (status === 404 || status === 204 || (status === 200 && text === "")) return null;
      if (status !== 200) throw unreachable(name, `it answered ${status}`);
      return State.parse(JSON.parse(text));
    },
    async write(state) {
      const { status } = await ask("POST", address, JSON.stringify(state));
      if (status >= 300) throw unreachable(name, `it answered ${status}`);
    },
    async lock(purpose) {
      const info = {
        ID: `gantry-${ctx.attemptId}`,
        Operation: purpose,
        Info: `run ${ctx.runId}, step ${ctx.stepKey}, attempt ${ctx.attemptId}`,
        Who: `gantry@${hostname()}`,
        Version: "",
        Created: new Date(ctx.now()).toISOString(),
        Path: name,
      };
      const method = env["TF_HTTP_LOCK_METHOD"] ?? "LOCK";
      const { status, text } = await ask(method, env["TF_HTTP_LOCK_ADDRESS"] ?? address, JSON.stringify(info));
      if (status === 423 || status === 409) return { taken: false, holder: LockInfo.parse(JSON.parse(text)) };
      if (status >= 300) throw unreachable(name, `it answered ${status} to LOCK`);
      return { taken: true, id: info.ID };
    },
    async unlock(id) {
      const method = env["TF_HTTP_UNLOCK_METHOD"] ?? "UNLOCK";
      const { status } = await ask(method, env["TF_HTTP_UNLOCK_ADDRESS"] ?? address, JSON.stringify({ ID: id }));
      if (status >= 300) throw unreachable(name, `it answered ${status} to UNLOCK`);
    },
  };
}

/** Addresses of the managed objects in a state, as Terraform writes them. */
export function addressesOf(state: State | null): string[] {
  return (state?.resources ?? [])
    .filter(({ mode }) => mode === "managed")
    .flatMap(({ module, type, name, instances }) =>
      instances.map(({ index_key: key }) => {
        const index = key === undefined ? "" : `[${typeof key === "number" ? key : JSON.stringify(key)}]`;
        return `${module === undefined ? "" : `${module}.`}${type}.${name}${index}`;
      }),
    );
}

export function versionOf(state: State | null): StateVersion {
  return state && { lineage: state.lineage, serial: state.serial, resources: addressesOf(state).length };
}

/** The same version: nothing was written in between. */
export function sameVersion(left: StateVersion, right: StateVersion): boolean {
  return left?.lineage === right?.lineage && left?.serial === right?.serial;
}

function unreachable(name: string, what: string, cause?: unknown): StateUnreachableError {
  return new StateUnreachableError(
    `The backend of the state "${name}" can't be used: ${what}. Check that the worker reaches it.`,
    [],
    cause === undefined ? {} : { cause },
  );
}
