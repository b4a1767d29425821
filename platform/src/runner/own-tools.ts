import { fileURLToPath } from "node:url";
import type { AskRequest, Json, Mind as DeclaredMind, Tool } from "@gantry/sdk";
import type { AttemptRequest } from "../engine/ports.ts";
import {
  askPersonTool,
  memoryTools,
  recordTools,
  statedMemories,
  ToolCallDeniedError,
  type MemoryStore,
  type MindTool,
  type RecordsClient,
} from "../mind/index.ts";
import { readRepository, readSkillName, readSkills, skillTool } from "./skills.ts";

export interface OwnToolsDeps {
  /** Why policy doesn't want this tool called for this run; null when it may be. */
  whyNot(request: AttemptRequest, tool: Pick<Tool, "name" | "effect">): Promise<string | null>;
  /** What is noted of the place that the attempt works in; who remembers there is `agent`. */
  memory(request: AttemptRequest, agent: string): MemoryStore;
  /** The platform's records, as who asked for the run may read them. */
  records(request: AttemptRequest): Promise<RecordsClient>;
  /** What people answered to the call. @throws AnswerAwaitedError, QuestionExpiredError */
  ask(request: AttemptRequest, question: Question): Promise<Json>;
}

export interface Question extends AskRequest {
  /** Which call asks: the same in each try. */
  call: string;
  agent: string | null;
  /** Called once it waits in place. */
  opened?(): Promise<void>;
}

/** What thinking itself brings along, as far as the agent's mind asks for it: tools, and what prompts state. */
export async function ownTools(
  { name, mind, packageUrl }: { name: string; mind: DeclaredMind; packageUrl: string },
  request: AttemptRequest,
  deps: OwnToolsDeps & {
    redact(text: string): string;
    now(): number;
    /** Where a repository lies that it works in. */
    repository: string | null;
  },
): Promise<{ tools: MindTool[]; facts: string[]; instructions: string | null; tainted: string[] }> {
  const tools: MindTool[] = [];
  const facts: string[] = [];
  const found = deps.repository === null ? null : await readRepository(deps.repository);
  const own = mind.skills === undefined ? [] : await readSkills(fileURLToPath(new URL(mind.skills, packageUrl)));
  // Its own come first where two are called the same.
  const skills = [...own, ...(found?.skills ?? [])];
  if (skills.length > 0) tools.push(skillTool(skills, skills.length === own.length));
  if (mind.asks === true)
    tools.push(
      askPersonTool((call, { question, ...rest }) =>
        deps.ask(request, { ...rest, question: deps.redact(question), call, agent: name }),
      ),
    );
  if (mind.records === true)
    tools.push(
      ...recordTools({ open: () => deps.records(request), run: request.runId, redact: deps.redact, now: deps.now }),
    );
  if (mind.memory === true) {
    const store = deps.memory(request, name);
    tools.push(...memoryTools(store, deps.redact));
    facts.push(...(await statedMemories(store)));
  }
  const instructions = found?.instructions ?? null;
  // The prompt says what a repository's skills are for, and that is text like any of it.
  const tainted = [...(instructions === null ? [] : ["AGENTS.md"]), ...(found?.skills.length ? [readSkillName] : [])];
  return { tools: tools.map((tool) => policed(tool, request, deps)), facts, instructions, tainted };
}

/** Policy has the last word on them, too. */
function policed(tool: MindTool, request: AttemptRequest, { whyNot }: Pick<OwnToolsDeps, "whyNot">): MindTool {
  return {
    ...tool,
    async call(input, about) {
      const why = await whyNot(request, tool);
      if (why !== null) throw new ToolCallDeniedError(tool.name, why);
      return (await tool.call?.(input, about)) ?? null;
    },
  };
}
