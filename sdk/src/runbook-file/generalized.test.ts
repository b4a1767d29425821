import { expect, test } from "vitest";
import { Plan } from "../plan.ts";
import { problemsOfGeneralized, runbookFromPlan } from "./index.ts";

const tool = (id: string, input: object, after: string[] = []) => ({
  kind: "tool",
  id,
  after,
  agent: "deploy",
  tool: `deploy.${id}`,
  input,
  undo: "tool",
});
const plan = Plan.parse({
  format: 1,
  goal: "Release it",
  runbook: null,
  tools: [],
  environment: "staging",
  parameters: {},
  concurrencyKey: "deploy:staging/shop",
  onFailure: "undo",
  steps: [
    tool("fetch", { repository: "https://git.example.com/shop.git" }),
    { ...tool("start", { port: 8_088, commit: { $ref: ["fetch", "commit"] } }), title: "Start it" },
  ],
});
const { text: given } = runbookFromPlan(plan, { name: "shop.release", title: "Release", other: null });
const parameters = { service: "shop", port: 8_088 };
const general = `name: shop.release
version: 1.0.0
title: Release a service
description: Fetches and starts it.
intents: [release a service]
parameters:
  service: {type: text, help: Its name}
  port: {type: integer, min: 1, max: 65535, help: Where it listens}
onFailure: undo
concurrencyKey: deploy:\${{ environment }}/\${{ parameters.service }}
steps:
  - id: fetch
    title: Fetch its source
    tool: deploy.fetch
    input: {repository: "https://git.example.com/\${{ parameters.service }}.git"}
  - id: start
    title: Start \${{ parameters.service }}
    tool: deploy.start
    input: {port: "\${{ parameters.port }}", commit: "\${{ steps.fetch.output.commit }}"}
`;

test("a more general file that makes the very steps of the run holds, whatever it calls them", () => {
  expect(problemsOfGeneralized(plan, given, { text: general, parameters })).toEqual([]);
});

const faults: [string, string, string, RegExp][] = [
  ["another name", "name: shop.release", "name: shop.delete", /name and version must stay/],
  ["another version", "version: 1.0.0", "version: 1.0.1", /name and version must stay/],
  ["no description", "description: Fetches and starts it.\n", "", /description/],
  ["no intents", "intents: [release a service]\n", "", /intents/],
  ["a parameter that says nothing of itself", ", help: Its name", "", /service has no help/],
  ["a type that the run's value doesn't have", "type: integer, min: 1, max: 65535", "type: boolean", /port/],
  ["another step", "deploy.start", "deploy.stop", /start comes out as .*deploy\.stop/],
  ["another input", '{port: "${{ parameters.port }}"', "{port: 8089", /8089/],
  ["a step less", /  - id: fetch[^]*?(?=  - id: start)/.exec(general)?.[0] ?? "", "", /fetch/],
  ["a step more", "steps:\n", "steps:\n  - {id: gone, tool: deploy.gone}\n", /gone comes out as/],
  [
    "a step that other values leave in",
    "steps:\n",
    "steps:\n  - {id: gone, tool: deploy.gone, if: parameters.port != 8088}\n",
    /step gone: leave its if out/,
  ],
  ["another order", "    title: Fetch its source\n", "    after: [start]\n", /fetch|wait for each other/],
  ["another end", "onFailure: undo", "onFailure: stop", /onFailure/],
  ["another key", "deploy:${{ environment }}", "deploy", /concurrencyKey/],
  ["a deadline", "onFailure: undo", "onFailure: undo\ndeadline: 1h", /deadline/],
  ["what is no runbook", "steps:", "stepps:", /^line \d+/],
  ["tests that nobody ran", "steps:", "tests: [{name: it works, expect: {}}]\nsteps:", /leave tests out/],
];

test.for(faults)("%s is said", ([, before, after, message]) => {
  const text = general.replace(before, after);
  expect(text).not.toBe(general);
  expect(problemsOfGeneralized(plan, given, { text, parameters }).join("\n")).toMatch(message);
});
