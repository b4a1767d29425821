import type { MindDeps, MindTool } from "../mind/index.ts";
import type { AgentTrace } from "../telemetry/index.ts";

/** The same means of thinking, followed: what a model is asked and what tools do becomes part of the trace. */
export function traced<Given extends { tools: readonly MindTool[] }>(given: Given, trace: AgentTrace): Given {
  return {
    ...given,
    tools: given.tools.map(({ call, ...tool }) => ({
      ...tool,
      call: call === null ? null : (input, about) => trace.tool(tool.name, () => call(input, about)),
    })),
  };
}

export function tracedDeps(own: MindDeps, trace: AgentTrace): MindDeps {
  return {
    ...own,
    answer: (call, onPart) => trace.chat(call, (kept) => own.answer({ ...call, ...(kept && { kept }) }, onPart)),
  };
}
