import { appendFileSync } from "node:fs";
import type { Json } from "@gantry/sdk";
import { defaultLimits, think, type MindDeps } from "../../platform/src/mind/index.ts";
import { scriptedAnswer } from "../../platform/src/mind/testing/scripted-answer.ts";
import type { MemoryTool } from "./memory-runner.ts";

const looks = 3;

/** A tool that thinks with a model of this process, which looks three times and then answers; a line per answer and per look. */
export function thinkingTool(file: string): MemoryTool {
  return {
    name: "ledger.think",
    attempts: 3,
    run: async ({ runId, stepKey, notes }, signal, { note }) => {
      const deps: MindDeps = {
        answer: async ({ messages }) => {
          const turn = messages.filter(({ role }) => role === "assistant").length + 1;
          appendFileSync(file, `${runId} answered ${turn}\n`);
          const calls = [{ id: "c", name: "ledger__look", input: { turn } }];
          return turn <= looks
            ? scriptedAnswer({ finish: "tools", toolCalls: calls })
            : scriptedAnswer({ text: "all looked at" });
        },
        notes,
        note,
        keep: () => Promise.reject(new Error("Nothing here is long.")),
        read: () => Promise.reject(new Error("Nothing here is long.")),
        redact: (text) => text,
        log: () => {},
        now: Date.now,
        about: { organization: "", project: null, environment: null, agent: null, runId, step: stepKey },
        signal,
      };
      const look = async (input: Json): Promise<Json> => {
        appendFileSync(file, `${runId} looked ${(input as { turn: number }).turn}\n`);
        return "fine";
      };
      const { text, turns, calls } = await think(
        {
          id: "1",
          goal: "Look.",
          instructions: "You look.",
          task: "answer",
          tools: [
            {
              name: "ledger.look",
              title: "Look",
              effect: "reads",
              inputSchema: { type: "object" },
              problemsOf: () => [],
              call: look,
            },
          ],
          output: null,
          facts: [],
          tainted: [],
          limits: defaultLimits,
        },
        deps,
      );
      return { text, turns, failed: calls.filter(({ failed }) => failed).length };
    },
  };
}
