import { expect, test } from "vitest";
import { essentialEdges, layOut } from "./layout.ts";

const chain = (...ids: string[]) => ids.slice(1).map((to, index) => ({ from: ids[index] ?? "", to }));

test("what comes after something stands to its right, side by side where nothing says otherwise", () => {
  const edges = [...chain("a", "b", "d"), ...chain("a", "c"), { from: "gone", to: "d" }];
  const { places, downwards } = layOut(["a", "b", "c", "d"], edges);
  const [a, b, c, d] = places.map(({ x, y }) => ({ x, y }));
  expect(downwards).toBe(false);
  expect([a!.x < b!.x, b!.x === c!.x, b!.y !== c!.y, d!.x > b!.x]).toEqual([true, true, true, true]);
});

test("a long chain goes downwards, since it would be too small to read from left to right", () => {
  const ids = ["a", "b", "c", "d", "e", "f", "g"];
  const { places, downwards } = layOut(ids, chain(...ids));
  expect(downwards).toBe(true);
  expect(places.map(({ y }) => y)).toEqual(places.map(({ y }) => y).toSorted((a, b) => a - b));
});

test("an edge that others say already isn't drawn, and a circle does no harm", () => {
  const edges = [...chain("a", "b", "c", "d"), { from: "a", to: "c" }, { from: "a", to: "d" }];
  expect(essentialEdges(edges)).toEqual(chain("a", "b", "c", "d"));
  expect(essentialEdges(chain("a", "b", "a"))).toHaveLength(2);
});
