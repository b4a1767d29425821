import { createMeter, errorData, type Effect, type Json, type ToolFacts, type Usage } from "@gantry/sdk";
import type { AttemptReport } from "@gantry/sdk/core";
import type { AttemptRequest, AttemptRunner, TakeCallPermit } from "../../platform/src/engine/index.ts";

interface Means {
  use(usage: Usage): void;
  note(value: Json): Promise<void>;
  permit: TakeCallPermit;
}
type Operation = (request: AttemptRequest, signal: AbortSignal, means: Means) => Json | Promise<Json>;

/** A tool whose operations are functions of this process. What it throws counts as uncertain where `uncertain` says so. */
export interface MemoryTool {
  name: string;
  effect?: Effect;
  idempotent?: boolean;
  attempts?: number;
  connections?: string[];
  worstCase?: Usage;
  uncertain?: boolean;
  run: Operation;
  preview?: Operation;
  inspect?: Operation;
  verify?: Operation;
  undo?: Operation;
}

export function factsOf(tool: MemoryTool): ToolFacts {
  const effect = tool.effect ?? "reads";
  return {
    name: tool.name,
    version: "1.0.0",
    digest: "test",
    effect,
    idempotent: tool.idempotent ?? (effect === "reads" || effect === "drafts"),
    preview: tool.preview !== undefined,
    inspect: tool.inspect !== undefined,
    verify: tool.verify !== undefined,
    undo: tool.undo !== undefined,
    timeoutMs: 60_000,
    retry: { attempts: tool.attempts ?? 1, initialMs: 10, factor: 1, maxMs: 10 },
    ...(tool.connections && { connections: tool.connections }),
    ...(tool.worstCase && { worstCase: tool.worstCase }),
  };
}

export interface MemoryRunner extends AttemptRunner {
  /** Attempts that are running right now. */
  readonly running: ReadonlySet<string>;
  readonly settled: string[];
}

export function createMemoryRunner(tools: readonly MemoryTool[], canResume = false): MemoryRunner {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const running = new Set<string>();
  const settled: string[] = [];
  return {
    running,
    settled,
    forget: async () => {},
    run: async (request, { signal }, note, permit): Promise<AttemptReport> => {
      if (running.has(request.attemptId)) throw new Error(`Attempt ${request.attemptId} runs twice.`);
      running.add(request.attemptId);
      const tool = byName.get(request.tool);
      const meter = createMeter(request.tool, request.worstCase);
      try {
        const output = await tool?.[request.operation]?.(request, signal, { use: meter.use, note, permit });
        return { outcome: "succeeded", output: output ?? null, usage: meter.used() };
      } catch (error) {
        return { outcome: "failed", error: errorData(error), uncertain: tool?.uncertain ?? false, usage: meter.used() };
      } finally {
        running.delete(request.attemptId);
      }
    },
    canResume: async () => canResume,
    settle: async (attemptId) => void settled.push(attemptId),
    fingerprint: (tool) => `${tool}@test`,
    has: (tool) => byName.has(tool),
  };
}
