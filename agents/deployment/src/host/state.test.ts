import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openState } from "./state.ts";

test("an older owner of a run is refused, also after the host was started again", () => {
  const folder = mkdtempSync(join(tmpdir(), "gantry-state-"));
  try {
    const path = join(folder, "state.json");
    const state = openState(path);
    expect(state.admit({ run: "a", fence: 2 })).toBe(true);
    expect(state.admit({ run: "a", fence: 1 })).toBe(false);
    expect(state.admit({ run: "b", fence: 1 })).toBe(true);
    state.save();
    expect(openState(path).admit({ run: "a", fence: 1 })).toBe(false);
    expect(readdirSync(folder)).toEqual(["state.json"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a run named like a property of every object is a run like any other", () => {
  const state = openState(join(tmpdir(), "never-written", "state.json"));
  expect(state.admit({ run: "__proto__", fence: 5 })).toBe(true);
  expect(state.admit({ run: "constructor", fence: 1 })).toBe(true);
  expect(state.version("toString")).toBeUndefined();
});
