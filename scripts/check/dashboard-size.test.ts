import { expect, test } from "vitest";
import { tooLarge, type Chunk } from "./dashboard-size.ts";

const manifest: Record<string, Chunk> = {
  "_start-1.js": { file: "start.js", name: "start", imports: ["_shared.js"] },
  "_shared.js": { file: "shared.js", imports: ["_start-1.js", "_chart.js"] },
  "_chart.js": { file: "chart.js" },
  "src/screens/runs/route.tsx": { file: "runs.js", imports: ["_start-1.js", "_chart.js", "_table.js"] },
  "_table.js": { file: "table.js" },
};
const small = {
  "start.js": 100_000,
  "shared.js": 60_000,
  "chart.js": 30_000,
  "runs.js": 70_000,
  "table.js": 40_000,
};

const check = (sizes: Record<string, number>) => tooLarge(manifest, new Map(Object.entries(sizes)));

test("what keeps to the budget is no problem, and what screens share with the first page counts once", () => {
  expect(check(small)).toEqual([]);
});

test("a first page that grew too large is told with all that it loads, the largest first", () => {
  const [problem = ""] = check({ ...small, "chart.js": 130_000 });
  expect(problem).toContain("The first page loads 290000 bytes of gzipped script; the budget is 200000.");
  expect(problem.split("\n")[1]).toBe("  130000 chart.js");
});

test("a screen that adds too much is named", () => {
  expect(check({ ...small, "table.js": 60_000 })).toEqual([
    expect.stringContaining("src/screens/runs/route.tsx loads 130000 bytes"),
  ]);
});
