import { errorData, type Json } from "@gantry/sdk";
import { safeText } from "@gantry/sdk/safe-text";
import type { CallResult } from "./types.ts";
import type { MindDeps, MindTool } from "./types.ts";

/** How a call goes on that was announced by a worker that is gone: it has ended already, or is made, or nobody knows. */
type GoingOn = { call: MindTool["call"]; refused?: never } | { refused: CallResult; call?: never };

/** A tool that can be inspected says whether its call was carried out; any other call isn't made again, and the model is told. */
export async function afterLoss(tool: MindTool, input: Json, deps: MindDeps): Promise<GoingOn> {
  if (tool.again === true) return { call: tool.call };
  if (tool.inspect === undefined) return { refused: interrupted("what came of it isn't known") };
  try {
    const found = await tool.inspect(input);
    switch (found.status) {
      case "done":
        return { call: () => Promise.resolve(found.output) };
      case "not_done":
        return { call: tool.call };
      case "running":
        return { refused: interrupted(`it is still going on${found.detail ? ` (${found.detail})` : ""}`) };
      case "unknown":
        return { refused: interrupted(`what came of it isn't known (${found.detail})`) };
      default:
        return found satisfies never;
    }
  } catch (error) {
    deps.signal.throwIfAborted();
    return { refused: interrupted(`what came of it could not be found out (${errorData(error).message})`) };
  }
}

function interrupted(what: string): CallResult {
  const output = `interrupted: the worker died while it ran, and ${safeText(what).slice(0, 1_000)}. Call it again if you still need it.`;
  return { failed: true, output };
}
