import type { Json } from "../json.ts";
import type { Usage } from "../usage.ts";
import { createTestContext, type TestContext, type TestContextOptions } from "../testing/index.ts";

/** What an example acts on, fresh: a folder, a server in memory, an account in a simulator. */
export interface World<Input> extends AsyncDisposable {
  /** Of the example, in this world. Read after `prepare`. */
  readonly input: Input;
  /**
   * Brings the world to where `run` works by what only a context has: earlier tools, kept files, the host's directory. All
   * contexts of one world share those.
   */
  prepare?(ctx: TestContext): Promise<void>;
  /** What the tool's context needs besides secrets: a state backend, variables. */
  readonly context?: Omit<TestContextOptions, "secrets" | "signal" | "worstCase">;
  /**
   * The ledger: everything that the tool could change here, read without the tool. The same state must read the same in
   * every world, so leave out what differs by chance: names of temporary folders, ports, times.
   */
  look(): Promise<Json>;
}

export interface ToolExample<Input> {
  /** Makes a world in which `run` works. The secrets are those that the tool declares, and `secrets` below. */
  world(given: { secrets: Readonly<Record<string, string>> }): Promise<World<Input>>;
  /** Names of secrets that reach the tool by its input. */
  secrets?: readonly string[];
  /** Milliseconds in which a cancelled `run` must end; 15,000 as on the platform. */
  patienceMs?: number;
  /** At how many places, at most, `run` is interrupted and cancelled, spread over it; default 12. */
  places?: number;
}

/** A world with a context on it, both gone at the end. */
export interface Stage<Input> extends AsyncDisposable {
  readonly world: World<Input>;
  readonly ctx: TestContext;
}

export async function openStage<Input>(
  example: ToolExample<Input>,
  { secrets, worstCase }: { secrets: Readonly<Record<string, string>>; worstCase: Usage | undefined },
): Promise<Stage<Input>> {
  const world = await example.world({ secrets });
  const ctx = await createTestContext({ ...world.context, secrets, ...(worstCase && { worstCase }) });
  const stage: Stage<Input> = {
    world,
    ctx,
    async [Symbol.asyncDispose]() {
      // What was interrupted may have left children.
      ctx.crash();
      // First the world: what it started may still use the context's folders.
      await world[Symbol.asyncDispose]();
      await ctx[Symbol.asyncDispose]();
    },
  };
  try {
    await world.prepare?.(ctx);
  } catch (error) {
    await stage[Symbol.asyncDispose]();
    throw error;
  }
  return stage;
}
