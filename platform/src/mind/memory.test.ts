import { expect, test } from "vitest";
import { memoryTools, statedMemories, type Memory, type MemoryStore } from "./memory.ts";

test("a note takes the taint of its thinking up to then, names its source, and holds no secret", async () => {
  const store = openStore([]);
  const about = { id: "1/2/0", tainted: ["check.http"], tools: new Map([[3, "check.http"]]), checkLimits: () => {} };
  const call = tool(store, "memory.remember").call;
  await call?.({ kind: "fact", text: "  The key is hunter2. ", source: 3 }, about);
  await call?.({ kind: "lesson", text: "Look first.", source: 9 }, { ...about, tainted: [] });
  expect(store.noted).toEqual([
    { kind: "fact", text: "The key is [redacted].", source: "source 3: check.http", tainted: ["check.http"] },
    { kind: "lesson", text: "Look first.", source: null, tainted: [] },
  ]);
});

test("one thinking notes ten things and no more", async () => {
  const store = openStore([]);
  const { call } = tool(store, "memory.remember");
  const about = { id: "1/1/0", tainted: [], tools: new Map<number, string>(), checkLimits: () => {} };
  for (let n = 0; n < 10; n += 1) await call?.({ kind: "fact", text: `note ${n}` }, about);
  await expect(call?.({ kind: "fact", text: "one more" }, about)).rejects.toThrow("No more than 10");
  expect(store.noted).toHaveLength(10);
});

test("prompts state what fits their budget, what matters most first, and say which agent noted it", async () => {
  const own: Memory = { kind: "fact", text: "Ours.", agent: null, run: null, vouched: true };
  const noted: Memory = { ...own, kind: "lesson", text: "Theirs.", agent: "assistant", run: "r" };
  const long = Array.from({ length: 100 }, (): Memory => ({ ...own, text: "x".repeat(500) }));
  const facts = await statedMemories(openStore([own, noted, ...long]));
  expect(facts.slice(0, 2)).toEqual(["Ours.", "lesson: Theirs. (noted by assistant)"]);
  expect(facts.join("").length).toBeLessThanOrEqual(7_000);
  expect(facts.length).toBeGreaterThan(10);
});

function tool(store: MemoryStore, name: string) {
  const found = memoryTools(store, (text) => text.replaceAll("hunter2", "[redacted]")).find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no ${name}.`);
  return found;
}

function openStore(vouched: Memory[]) {
  const noted: object[] = [];
  return {
    noted,
    vouched: () => Promise.resolve(vouched),
    recall: () => Promise.resolve([]),
    remember: async (one: object) => void noted.push(one),
  };
}
