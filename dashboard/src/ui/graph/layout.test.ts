import { expect, test } from "vitest";
import { layOut } from "./layout.ts";

test("what comes after something stands to its right, side by side where nothing says otherwise", () => {
  const edges = [
    { from: "a", to: "b" },
    { from: "a", to: "c" },
    { from: "b", to: "d" },
    { from: "gone", to: "d" },
  ];
  const [a, b, c, d] = layOut(["a", "b", "c", "d"], edges) as [never, never, never, never] as {
    x: number;
    y: number;
  }[];
  expect([a!.x < b!.x, b!.x === c!.x, b!.y !== c!.y, d!.x > b!.x]).toEqual([true, true, true, true]);
});
