import { describe, expect, test } from "vitest";
import { Step } from "@gantry/sdk";
import type { RunDetail, RunFailure, StepView } from "@gantry/sdk/api";
import { actionsOf, hasFailed } from "./actions-of.ts";
import { editOf, leavesOf, shownLeaf, stepsAnew } from "./fork-edits.ts";
import { incidentMarkdown } from "./incident.ts";
import { runSearch } from "./search.ts";
import { scaleOf } from "./timeline-scale.ts";

const changed = {
  effect: "changes",
  attempts: [{ operation: "run" }],
  undo: null,
  fact: null,
  child: null,
  status: "succeeded",
} as unknown as StepView;

describe("what can be done with a run", () => {
  test.each([
    ["running", [changed], ["pause", "cancel"]],
    ["paused", [changed], ["resume", "cancel"]],
    ["undoing", [changed], []],
    ["succeeded", [changed], ["undo", "save", "fork"]],
    ["succeeded", [{ ...changed, effect: "reads" }], ["save", "fork"]],
    ["failed", [changed], ["retry", "undo", "fork"]],
    ["undone", [{ ...changed, undo: { status: "done" } }], ["fork"]],
    ["previewed", [], ["carry_out", "fork"]],
  ])("%s", (status, steps, actions) => {
    expect(actionsOf({ status, steps, dryRun: false } as unknown as RunDetail)).toEqual(actions);
  });

  test("an undone run opens on its failure where a failure is why it was undone", () => {
    const run = (step: object) => hasFailed({ status: "undone", steps: [step as StepView] });
    expect([run({ status: "failed" }), run({ status: "succeeded" })]).toEqual([true, false]);
  });
});

describe("edits of a fork", () => {
  const step = Step.parse({
    id: "deploy",
    kind: "tool",
    agent: "a",
    tool: "a.b",
    input: { image: { tag: "v1" }, replicas: 3, commit: { $ref: ["build", "commit"] }, none: [], list: [true] },
  });

  test("are of parts of the input, references as a whole", () => {
    expect(leavesOf(step).map((leaf) => [leaf.name, shownLeaf(leaf), leaf.reference])).toEqual([
      ["image.tag", "v1", null],
      ["replicas", "3", null],
      ["commit", "", "build.commit"],
      ["none", "[]", null],
      ["list[0]", "true", null],
    ]);
  });

  test("are of what was typed otherwise; what was a text stays one", () => {
    const [tag, replicas, commit] = leavesOf(step) as [never, never, never];
    expect(editOf(tag, "v1")).toBeNull();
    expect(editOf(tag, "2")).toEqual({ step: "deploy", path: ["image", "tag"], value: "2" });
    expect(editOf(replicas, "5")).toEqual({ step: "deploy", path: ["replicas"], value: 5 });
    expect(editOf(commit, "")).toBeNull();
    expect(editOf(commit, "abc")).toEqual({ step: "deploy", path: ["commit"], value: "abc" });
  });

  test("reach the step and everything behind it", () => {
    const after = (id: string, ...steps: string[]) => ({ id, after: steps });
    const steps = [after("a"), after("b", "a"), after("c", "b"), after("d", "a")];
    expect(stepsAnew(steps, "b")).toEqual(["b", "c"]);
  });
});

describe("the scale of a timeline", () => {
  test("is time as it passed, without gaps", () => {
    const { at } = scaleOf(100, 200, []);
    expect([at(100), at(150), at(200), at(300)]).toEqual([0, 0.5, 1, 1]);
  });

  test("folds gaps and stays in order", () => {
    const { at, folds } = scaleOf(0, 1_000, [{ from: 100, to: 900 }]);
    expect(folds).toMatchObject([{ left: expect.closeTo(0.485), width: 0.03 }]);
    expect(at(100)).toBeCloseTo(0.485);
    expect(at(900)).toBeCloseTo(0.515);
    expect(at(1_000)).toBeCloseTo(1);
    const places = [0, 50, 100, 500, 900, 950, 1_000].map(at);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });
});

test("an incident holds what somebody needs to know, and nothing of it is markup", () => {
  const run = {
    id: "0198",
    goal: "Deploy <b>[shop](http://x)",
    status: "failed",
    environment: "prod",
    project: "default",
    runbook: null,
    requester: { name: "requester" },
    createdAt: "2026-11-22T04:00:00.000Z",
    finishedAt: "2026-11-22T04:00:30.000Z",
  } as unknown as RunDetail;
  const failure = {
    step: { key: "swap" },
    attempt: { operation: "run", number: 2 },
    error: { code: "tool_failed", message: "no" },
    exitCode: 7,
    command: "swap --to `x`",
    host: "h",
    tries: 2,
    line: { before: ["```"], text: "error: no", after: [] },
    logPurged: false,
    lastGood: {
      run: { id: "0197" },
      parameters: [{ path: "to", a: "green", b: "red" }],
      plan: { added: [], removed: [], frame: [], steps: [] },
      tools: [],
      input: [],
    },
  } as unknown as RunFailure;
  const text = incidentMarkdown(run, failure, "https://gantry.example.com/runs/0198");
  expect(text).toContain("## Deploy \\<b\\>\\[shop\\](http://x)");
  expect(text).toContain("after 30 s");
  expect(text).toContain("- Command: `` swap --to `x` ``");
  expect(text).toContain("````text\n```\nerror: no\n````");
  expect(text).toContain("- `to`: `green` → `red`");
});

test("an address that holds nonsense shows the run as if it didn't", () => {
  expect(runSearch({ tab: "nothing", view: 3, step: {}, line: "x", full: "yes" })).toEqual({});
  expect(runSearch({ tab: "log", line: "12" })).toEqual({ tab: "log", line: 12 });
});
