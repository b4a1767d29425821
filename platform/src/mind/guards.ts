import type { Json } from "@gantry/sdk";
import { hideKeys } from "../lib/hide-keys.ts";
import { mapTexts } from "../lib/map-texts.ts";
import { breakTemplateMarks, dropHidden, quoteSourceLines } from "./guard-input.ts";
import { keepCitations, leaveOutAddresses } from "./guard-output.ts";
import { boundCalls, nameSecrets, vouchForAddresses } from "./guard-tool.ts";
import type { GuardedCall, Guards, Seen, Thinking } from "./types.ts";

export const defaultGuards: Guards = {
  input: [dropHidden, hideKeys, breakTemplateMarks, quoteSourceLines],
  tool: [boundCalls, nameSecrets, vouchForAddresses],
  output: [leaveOutAddresses, keepCitations],
};

/** A text for a model. */
export function forModel(text: string, { input }: Guards = defaultGuards): string {
  return input.reduce((before, guard) => guard(before), text);
}

/** Why the call isn't made; null: it may be. */
export function whyRefused(call: GuardedCall, seen: Seen, { tool }: Guards = defaultGuards): string | null {
  for (const guard of tool) {
    const why = guard(call, seen);
    if (why !== null) return why;
  }
  return null;
}

/**
 * An answer for whoever asked. What is written for a file or a plan is left as it is: it is a draft that is checked, shown and decided on as
 * what it is, and addresses that a model knows belong into it.
 */
export function fromModel(
  { text, output }: { text: string; output: Json },
  { task }: Pick<Thinking, "task">,
  seen: Seen,
  guards: Guards = defaultGuards,
): { text: string; output: Json } {
  const guarded = (one: string): string => textFromModel(one, seen, guards);
  return { text: guarded(text), output: isDraft(task) ? output : mapTexts(output, guarded) };
}

export function isDraft(task: Thinking["task"]): boolean {
  return task === "write" || task === "plan";
}

/** A text of an answer, or a piece of one. */
export function textFromModel(text: string, seen: Seen, { output }: Guards = defaultGuards): string {
  return output.reduce((before, guard) => guard(before, seen), text);
}

/** What was asked is vouched for, unless it came from elsewhere itself. */
export function seenBy(
  { goal, instructions, offered, facts, tainted, tools }: Thinking,
  results: readonly { input: Json; text: string; tainted: boolean }[],
): Seen {
  const asked = [goal, ...facts].join("\n");
  const described = tools.filter(({ outside }) => outside === true).map((tool) => JSON.stringify(tool));
  // Nobody looks which of its lines are whose.
  const others = offered && offered.outside.length > 0 ? [offered.text] : [];
  const own = new Set<string>();
  const read = results.flatMap(({ input, text, tainted: outside }) => {
    for (const one of textsIn(input)) if (one.length >= 6) own.add(one);
    return outside ? [withoutOwn(text, own)] : [];
  });
  const said = offered && others.length === 0 ? `${instructions}\n${offered.text}` : instructions;
  const vouched = tainted.length === 0 ? `${said}\n${asked}` : said;
  return {
    vouched,
    outside: [...(tainted.length === 0 ? [] : [asked]), ...described, ...others, ...read],
    sources: results.length,
  };
}

/** A tool that repeats what it was called with makes no source of it. */
function withoutOwn(text: string, own: ReadonlySet<string>): string {
  let rest = text;
  for (const one of own) {
    if (rest.includes(one)) rest = rest.replaceAll(one, "\u0000");
    const quoted = JSON.stringify(one).slice(1, -1);
    if (quoted !== one && rest.includes(quoted)) rest = rest.replaceAll(quoted, "\u0000");
  }
  return rest;
}

function textsIn(value: Json): string[] {
  const texts: string[] = [];
  mapTexts(value, (text) => {
    texts.push(text);
    return text;
  });
  return texts;
}
