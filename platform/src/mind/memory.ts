import { MemoryKind, memoryLength } from "@gantry/sdk/api";
import { safeText } from "@gantry/sdk/safe-text";
import { z } from "zod";
import type { CallAbout, MindTool } from "./types.ts";
import { builtInTool } from "./built-in.ts";

export const recallName = "memory.recall";
export const rememberName = "memory.remember";

/** Characters of what a prompt states of a project: some 2,000 tokens. */
const stated = 7_000;
/** Memories that one look-up shows. */
const shown = 20;
/** Memories that one thinking may note. */
const atMost = 10;

export interface Memory {
  kind: MemoryKind;
  text: string;
  /** Null: a person noted it. */
  agent: string | null;
  run: string | null;
  /** A person answers for it, or it is from nobody but who asked. */
  vouched: boolean;
}

/** What is noted of the place where somebody thinks. */
export interface MemoryStore {
  /** What somebody vouches for, what matters most first. */
  vouched(): Promise<readonly Memory[]>;
  recall(words: readonly string[], limit: number): Promise<readonly Memory[]>;
  remember(one: { kind: MemoryKind; text: string; source: string | null; tainted: readonly string[] }): Promise<void>;
}

/** What prompts state of the place, within a budget; the rest can be looked up. */
export async function statedMemories(store: MemoryStore): Promise<string[]> {
  const facts: string[] = [];
  let left = stated;
  for (const { kind, text, agent } of await store.vouched()) {
    const fact = `${kind === "fact" ? "" : `${kind}: `}${text}${agent === null ? "" : ` (noted by ${agent})`}`;
    left -= fact.length;
    if (left < 0) break;
    facts.push(fact);
  }
  return facts;
}

/** Tools for what was noted here before, and for noting more. */
export function memoryTools(store: MemoryStore, redact: (text: string) => string): MindTool[] {
  let noted = 0;
  return [
    builtInTool({
      name: recallName,
      title: "Look up what was noted of this project before, by words",
      effect: "reads",
      input: z.strictObject({ words: z.string().min(1).max(200) }),
      vouched: false,
      call: async ({ words }) => {
        const found = await store.recall(wordsOf(words), shown);
        return found.map(({ kind, text, agent, run, vouched }) => ({
          kind,
          text,
          vouched,
          from: agent === null ? "a person" : `${agent}${run === null ? "" : ` in run ${run}`}`,
        }));
      },
    }),
    builtInTool({
      name: rememberName,
      title:
        "Note a sentence that will help whoever works on this project later; no secrets, nothing that holds only now",
      effect: "drafts",
      input: z.strictObject({
        kind: MemoryKind,
        text: z.string().trim().min(1).max(memoryLength),
        source: z.int().optional().describe("Number of the result that it is from"),
      }),
      vouched: true,
      async call({ kind, text, source }, { tainted, tools }: CallAbout) {
        noted += 1;
        if (noted > atMost) throw new Error(`No more than ${atMost} notes at a time.`);
        const tool = source === undefined ? undefined : tools.get(source);
        await store.remember({
          kind,
          text: safeText(redact(text)).slice(0, memoryLength),
          source: tool === undefined ? null : `source ${String(source)}: ${tool}`,
          tainted,
        });
        return "Noted.";
      },
    }),
  ];
}

function wordsOf(text: string): string[] {
  return [...new Set(text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu))].slice(0, 20);
}
