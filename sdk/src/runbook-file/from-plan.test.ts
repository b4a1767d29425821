import { expect, test } from "vitest";
import { Plan } from "../plan.ts";
import { loadRunbooks, runbookFromPlan } from "./index.ts";

const planOf = (service: string, port: number): Plan =>
  Plan.parse({
    format: 1,
    goal: "Release it",
    runbook: null,
    tools: [],
    environment: "staging",
    parameters: { service, port, times: 3 },
    concurrencyKey: `deploy:staging/${service}`,
    onFailure: "undo",
    steps: [
      step("fetch", { service, repository: `https://git.example.com/${service}.git`, overrides: {} }),
      step("start", { service, port, files: { $ref: ["fetch", "files", 0, "name"] }, token: { $secret: "db-token" } }),
      { kind: "wait", id: "settle", after: ["start"], for: { kind: "duration", ms: 90_000 } },
      {
        ...step("probe", {
          url: { $join: ["http://127.0.0.1:", { $ref: ["start", "port"] }, "/"] },
          times: 3,
          tries: 3,
        }),
        when: "steps.start.output.ok",
        retry: { attempts: 4, initialMs: 500, factor: 2, maxMs: 60_000 },
        timeoutMs: 120_000,
      },
    ],
  });

const step = (id: string, input: object) =>
  ({
    kind: "tool",
    id,
    after: [],
    agent: "deploy",
    tool: `deploy.${id}`,
    input,
    undo: "tool",
  }) as Plan["steps"][number];

test("a plan's own parameters become the runbook's, and with their values it makes the very steps", () => {
  const { text, parameters } = runbookFromPlan(planOf("shop", 8088), {
    name: "shop.release",
    title: "Release",
    other: null,
  });
  expect(parameters).toEqual({ service: "shop", port: 8_088, times: 3 });
  expect(text).toContain("token: ${{ secrets");
  expect(text).toContain("concurrencyKey: deploy:${{ environment }}/${{ parameters.service }}");
  // The same number by chance stays what it is.
  expect(text).toMatch(/times: \$\{\{ parameters\.times \}\}\n +tries: 3/);
  expect(loadRunbooks([{ file: "a.yaml", text }]).problems.filter(({ severity }) => severity === "error")).toEqual([]);
});

test("compared with another run, what differs becomes parameters, and the same pair of values the same one", () => {
  const compared = { name: "any.release", title: "Release", other: planOf("mailer", 9_099) };
  const { text, parameters } = runbookFromPlan(planOf("shop", 8_088), compared);
  expect(parameters).toEqual({ service: "shop", repository: "https://git.example.com/shop.git", port: 8_088 });
  expect(text.match(/parameters\.service/g)).toHaveLength(3);
});

test("a plan of other steps isn't compared, and what a file can't say is refused", () => {
  const plan = planOf("shop", 8_088);
  const asked = { name: "shop.release", title: "Release", other: null };
  const shorter = { ...plan, steps: plan.steps.slice(1) };
  expect(() => runbookFromPlan(plan, { ...asked, other: shorter })).toThrow("other steps");
  const odd = { ...plan, steps: [step("fetch", { text: "a ${{ literal }} b" })] };
  expect(() => runbookFromPlan(odd, asked)).toThrow(expect.objectContaining({ code: "runbook_not_made" }));
});
