import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { loadTogether } from "./load-together.ts";

test("what is asked for while a batch is under way is asked once, in one that begins afterwards", async () => {
  const batches: string[][] = [];
  const finish: (() => void)[] = [];
  const load = loadTogether<string, string>(
    async (keys) => {
      batches.push([...keys]);
      await new Promise<void>((resolve) => finish.push(resolve));
      return keys.map((key) => key.toUpperCase());
    },
    { identify: String, atOnce: 1 },
  );

  const first = load("a");
  await turn();
  const others = [load("b"), load("c"), load("b")];
  await turn();
  expect(batches).toEqual([["a"]]);

  finish.shift()?.();
  expect(await first).toBe("A");
  await turn();
  expect(batches).toEqual([["a"], ["b", "c"]]);
  finish.shift()?.();
  expect(await Promise.all(others)).toEqual(["B", "C", "B"]);
});

test("a batch that fails fails its own and nobody else, and one answer may be an error among others", async () => {
  const load = loadTogether<string, string>(
    async (keys) => {
      if (keys.includes("lost")) throw new Error("no connection");
      return keys.map((key) => (key === "unknown" ? new Error(key) : key));
    },
    { identify: String, atOnce: 1 },
  );
  await expect(Promise.all([load("lost"), load("fine")])).rejects.toThrow("no connection");
  const [unknown, fine] = await Promise.allSettled([load("unknown"), load("fine")]);
  expect(unknown).toMatchObject({ status: "rejected", reason: { message: "unknown" } });
  expect(fine).toEqual({ status: "fulfilled", value: "fine" });
});

test("batches are bounded", async () => {
  const sizes: number[] = [];
  const load = loadTogether<number, number>(
    async (keys) => {
      sizes.push(keys.length);
      return keys;
    },
    { identify: String, most: 2 },
  );
  expect(await Promise.all([1, 2, 3, 4, 5].map(load))).toEqual([1, 2, 3, 4, 5]);
  expect(sizes).toEqual([2, 2, 1]);
});
