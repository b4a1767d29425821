import { existsSync } from "node:fs";
import { errorData, ToolFailedError, UnknownToolError } from "@gantry/sdk";
import type { AttemptReport } from "@gantry/sdk/core";
import type { CatalogTool, MoreTools } from "../catalog/index.ts";
import type { AttemptRequest, AttemptRunner } from "../engine/ports.ts";
import type { Log } from "../lib/log.ts";
import { removeWorkspace, workspaceAt } from "../exec/index.ts";
import { isMcpTool } from "../mcp/index.ts";
import { createBinaries } from "./binaries.ts";
import { callTool } from "./call-tool.ts";
import { openContext, type AttemptContext, type ContextDeps } from "./context.ts";
import { TimedOutError } from "./errors.ts";
import { onceBack } from "../store/once-back.ts";
import { openMind, type ThinkingDeps } from "./open-mind.ts";
import { toolsFor } from "./tools-for.ts";

export interface RunnerDeps extends ContextDeps, ThinkingDeps {
  tools: ReadonlyMap<string, CatalogTool>;
  /** What an organization approved of servers of the Model Context Protocol. */
  mcpTools(org: string): Promise<MoreTools>;
  log: Log;
  /** The worker's PATH. */
  searchPath: string;
}

/** From the end of the attempt's time to giving up on a tool that doesn't stop. */
const patienceMs = 15_000;

/** What carries out attempts in this process. Tools are code of this installation; what they start is sandboxed. */
export function createRunner(given: RunnerDeps): AttemptRunner {
  const binaries = createBinaries(given);
  /** Attempts that left nothing on disk: most do, and looking there for each costs more than the rest of forgetting it. */
  const traceless = new Set<string>();
  /** Attempts that another process of this host had before. */
  const takenOver = new Set<string>();
  return {
    has: (tool) => given.tools.has(tool) || isMcpTool(tool),
    fingerprint: (tool) => binaries.fingerprint(tool),
    async run(request, abort, note, permit) {
      const { signal } = abort;
      if (request.resumed) takenOver.add(request.attemptId);
      const tools = await onceBack(() => toolsFor(given, request), signal).catch((error: unknown) => errorData(error));
      if ("code" in tools) return { outcome: "failed", error: tools, uncertain: false };
      const resolveConnection: RunnerDeps["resolveConnection"] = (...of) =>
        onceBack(() => given.resolveConnection(...of), signal);
      const deps = { ...given, tools, resolveConnection };
      const deadline = startDeadline(request.deadline - deps.clock(), abort);
      const context = openContext(deps, {
        request,
        signal,
        note,
        mind: (means) => openMind(deps, binaries, { request, signal, permit, ...means }),
      });
      try {
        // What a lost attempt left running here ends before anybody asks what it did.
        if (request.subject?.host === deps.host) await deps.exec.settle(request.subject.attemptId);
        await hideGiven(deps, request, { context, signal });
        const found = tools.get(request.tool);
        if (!found) throw new UnknownToolError(request.stepKey, request.tool);
        await binaries.check(found, context);
        const { hide, tool } = context;
        const resolveSecret = (name: string) => deps.resolveSecret(request, name);
        const output = await orGiveUp(callTool(found, request, { tool, hide, resolveSecret }), signal);
        await hideGiven(deps, request, { context, signal });
        const usage = context.used();
        return { outcome: "succeeded", output: context.redactor().redactValue(output), ...(usage && { usage }) };
      } catch (error) {
        await hideGiven(deps, request, { context, signal }).catch(() => undefined);
        return failure(error, { stopped: signal.aborted, overdue: deadline.passed(), context });
      } finally {
        deadline.end();
        if (!context.opened()) traceless.add(request.attemptId);
        await context
          .close()
          .catch((error: unknown) =>
            deps.log.warn({ attempt: request.attemptId, error }, "A part of the attempt's output could not be stored."),
          );
      }
    },
    async canResume(request) {
      return request.operation === "run" && given.tools.get(request.tool)?.tool.spec.resumable === true;
    },
    async settle(attemptId) {
      await given.exec.settle(attemptId);
    },
    async forget({ runId, attemptId }) {
      // That process may have been stopped just before it began a command, and go on when nothing here tells of it any more.
      if (takenOver.delete(attemptId)) await given.exec.settle(attemptId);
      if (traceless.delete(attemptId)) return;
      const workspace = workspaceAt({ root: given.workspaces, runId, attemptId });
      if (!existsSync(workspace.path)) return;
      await given.exec.remove(attemptId);
      await given.exec.remove(`version-${attemptId}`);
      await removeWorkspace(workspace);
    },
  };
}

/** Steps beside it may have been given something since, and left it where this one found it. */
async function hideGiven(
  deps: RunnerDeps,
  request: AttemptRequest,
  { context, signal }: { context: AttemptContext; signal: AbortSignal },
): Promise<void> {
  let given = deps.secretsGiven?.(request);
  // Nearly always: nothing is asked, and nothing waited for.
  if (given === undefined) return;
  const ask = async (): Promise<readonly string[]> => {
    const asked = given ?? deps.secretsGiven?.(request);
    given = undefined;
    return (await asked) ?? [];
  };
  context.hide(await onceBack(ask, signal));
}

/** Ends the attempt's time. A timer of its own: composite signals with a timeout were a tenth of the engine's work per step. */
function startDeadline(ms: number, abort: AbortController): { passed(): boolean; end(): void } {
  let passed = false;
  const timer = setTimeout(
    () => {
      passed = !abort.signal.aborted;
      abort.abort(new DOMException("The attempt's time is over.", "TimeoutError"));
    },
    Math.min(Math.max(0, ms), 2 ** 31 - 1),
  );
  return { passed: () => passed, end: () => clearTimeout(timer) };
}

/** A tool that neither ends nor heeds its signal must not hold the attempt for ever. */
function orGiveUp<T>(work: Promise<T>, stop: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const giveUp = () => {
      timer = setTimeout(() => reject(stop.reason as Error), patienceMs);
    };
    if (stop.aborted) giveUp();
    else stop.addEventListener("abort", giveUp, { once: true });
    const end = () => {
      stop.removeEventListener("abort", giveUp);
      clearTimeout(timer);
    };
    void work.finally(end).then(resolve, reject);
  });
}

/** `uncertain`: the tool was stopped or lost, so nobody can say how far it came. */
function failure(
  error: unknown,
  { stopped, overdue, context }: { stopped: boolean; overdue: boolean; context: AttemptContext },
): AttemptReport {
  const reported = overdue ? errorData(new TimedOutError({ cause: error })) : errorData(error);
  const told = { ...commandBehind(error), ...reported.details };
  const details = Object.keys(told).length === 0 ? {} : { details: told };
  const safe = context.redactor().redactValue({ ...reported, ...details });
  const usage = context.used();
  return { outcome: "failed", error: safe, uncertain: stopped || context.lost(), ...(usage && { usage }) };
}

/** The command that failed, also where the tool made an error of its own of it. */
function commandBehind(error: unknown): Record<string, unknown> {
  for (let one = error, depth = 0; one instanceof Error && depth < 10; one = one.cause, depth += 1) {
    if (!(one instanceof ToolFailedError)) continue;
    const { commandLine, exitCode } = one.details;
    return { commandLine, exitCode };
  }
  return {};
}
