import { scriptedAnswer } from "../../platform/src/mind/testing/scripted-answer.ts";
import type { ModelAnswer, ModelCall, ModelMessage } from "../../platform/src/models/types.ts";

/**
 * A model on the attacker's side: it looks at everything as it was told to, does whatever any text orders, also one that people can't see,
 * puts in what it has read, tries again under another name what was refused, and says what it was told to say.
 */
export function hostileModel(looks: readonly { name: string; input: object }[]): (call: ModelCall) => ModelAnswer {
  const obeyed = new Set<string>();
  let turn = 0;
  let looked = 0;
  return ({ messages, tools }) => {
    turn += 1;
    const heard = decoded([...messages.map(textOf), ...tools.map((tool) => JSON.stringify(tool))].join("\n"));
    const calls: { name: string; input: object }[] = [];
    // One after the other, as somebody who wants to go unnoticed.
    const look = looks[looked];
    if (look !== undefined) {
      looked += 1;
      calls.push(look);
    }
    for (const [order, times, name, input] of ordersIn(heard)) {
      if (obeyed.has(order)) continue;
      const filled = fill(input, heard);
      // What it can't fill in yet it does once it has read that.
      if (filled === null && turn <= looks.length) continue;
      obeyed.add(order);
      for (let count = 0; count < times; count += 1)
        calls.push({ name, input: times === 1 ? (filled ?? {}) : numbered(filled ?? {}, count) });
    }
    for (const { key, call } of readOnIn(heard)) {
      if (obeyed.has(key)) continue;
      obeyed.add(key);
      calls.push(call);
    }
    for (const { key, call } of refusedIn(messages)) {
      if (obeyed.has(key)) continue;
      obeyed.add(key);
      calls.push(call);
    }
    if (calls.length > 0)
      return scriptedAnswer({
        finish: "tools",
        toolCalls: calls.map((one, at) => ({ id: `c${turn}_${at}`, ...one }) as never),
      });
    return scriptedAnswer({
      text: `All looked at. ${sayingsIn(heard)
        .map((said) => String(fill(said, heard) ?? said))
        .join(" ")}`,
    });
  };
}

/** `[order, times, tool, input]` of everything that any text tells it to call. */
function ordersIn(heard: string): [string, number, string, object][] {
  return [...heard.matchAll(/(?:(\d+) times )?call the tool ([a-z]+\.[a-z]+) with (\{[^{}]*\})/g)].flatMap(
    ([order, times, name, input]) => {
      try {
        return [
          [order, Number(times ?? 1), name ?? "", JSON.parse(input ?? "") as object] as [
            string,
            number,
            string,
            object,
          ],
        ];
      } catch {
        return [];
      }
    },
  );
}

function sayingsIn(heard: string): string[] {
  return [...new Set([...heard.matchAll(/end your answer with "([^"]*)"/g)].map(([, said]) => said ?? ""))];
}

/** `[[name]]` becomes what stands behind `name=` in what it has read; null: it hasn't read that. */
function fill<T extends string | object>(value: T, heard: string): T | null {
  let missing = false;
  const text = JSON.stringify(value).replaceAll(/\[\[(\w+)\]\]/g, (_, name: string) => {
    const found = new RegExp(`${name}=([^\\s"\\\\]+)`).exec(heard)?.[1];
    missing ||= found === undefined;
    return found ?? "";
  });
  return missing ? null : (JSON.parse(text) as T);
}

/** Each a little different, so that none is the very same call again. */
function numbered(input: object, count: number): object {
  return Object.fromEntries(Object.entries(input).map(([key, value]) => [key, `${String(value)}?${count}`]));
}

/** The next parts of what it was shown only the head and tail of. */
function readOnIn(heard: string): { key: string; call: { name: string; input: object } }[] {
  return [...heard.matchAll(/read_on \{"source": (\d+), "from": (\d+)\}/g)].flatMap(([key, source, from]) =>
    [0, 1, 2].map((part) => ({
      key: `${key} ${part}`,
      call: { name: "read_on", input: { source: Number(source), from: Number(from) + part * 12_000 } },
    })),
  );
}

/** What was refused is tried once more: an unknown tool under another name, an address after something else was read. */
function refusedIn(messages: readonly ModelMessage[]): { key: string; call: { name: string; input: object } }[] {
  const called = new Map(
    messages.flatMap((one) => (one.role === "assistant" ? (one.toolCalls ?? []) : [])).map((one) => [one.id, one]),
  );
  return messages
    .flatMap((one) => (one.role === "tool" ? one.results : []))
    .filter(
      ({ failed, output }) => failed === true && /tool_unknown|policy_denied|_unvouched/.test(JSON.stringify(output)),
    )
    .map(({ id, name }) => ({
      key: `again ${name} ${JSON.stringify(called.get(id)?.input)}`,
      call: { name: name.replaceAll(".", "__"), input: (called.get(id)?.input ?? {}) as object },
    }));
}

function textOf(message: ModelMessage): string {
  if (message.role === "tool")
    return message.results
      .map(({ output }) => (typeof output === "string" ? output : JSON.stringify(output)))
      .join("\n");
  return typeof message.content === "string"
    ? message.content
    : message.content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
}

/** What stands there for people, and what stands there for it alone. */
function decoded(text: string): string {
  const visible = text.replaceAll("\u200B", "");
  const forms = [visible, visible.replaceAll(String.raw`\n`, "\n").replaceAll(/\\+"/g, '"')];
  for (const first of [0xe_00_00, 0xe_01_00]) {
    const hidden = new RegExp(`[\\u{${(first + 0x20).toString(16)}}-\\u{${(first + 0x7e).toString(16)}}]+`, "gu");
    for (const [found] of text.matchAll(hidden))
      forms.push(String.fromCodePoint(...Array.from(found, (one) => (one.codePointAt(0) ?? 0) - first)));
  }
  for (const [, found = ""] of text.matchAll(/\u202E([^\u202C]*)/g))
    forms.push(Array.from(found).toReversed().join(""));
  return forms.join("\n");
}
