import type { Mind as DeclaredMind } from "@gantry/sdk";
import type { AttemptRequest } from "../engine/ports.ts";
import { memoryTools, statedMemories, ToolCallDeniedError, type MemoryStore, type MindTool } from "../mind/index.ts";

export interface OwnToolsDeps {
  /** Why policy doesn't want this tool called for this run; null when it may be. */
  whyNot(request: AttemptRequest, tool: string): Promise<string | null>;
  /** What is noted of the place that the attempt works in; who remembers there is `agent`. */
  memory(request: AttemptRequest, agent: string): MemoryStore;
}

/** What thinking itself brings along, as far as the agent's mind asks for it: tools, and what prompts state. */
export async function ownTools(
  { name, mind }: { name: string; mind: DeclaredMind },
  request: AttemptRequest,
  deps: OwnToolsDeps & { redact(text: string): string },
): Promise<{ tools: MindTool[]; facts: string[] }> {
  if (mind.memory !== true) return { tools: [], facts: [] };
  const store = deps.memory(request, name);
  const tools = memoryTools(store, deps.redact).map((tool) => policed(tool, request, deps));
  return { tools, facts: await statedMemories(store) };
}

/** Policy has the last word on them, too. */
function policed(tool: MindTool, request: AttemptRequest, { whyNot }: Pick<OwnToolsDeps, "whyNot">): MindTool {
  return {
    ...tool,
    async call(input, about) {
      const why = await whyNot(request, tool.name);
      if (why !== null) throw new ToolCallDeniedError(tool.name, why);
      return (await tool.call?.(input, about)) ?? null;
    },
  };
}
