import type { JsonObject } from "@gantry/sdk";
import { say, unless, type EvalCase, type World } from "../case.ts";

interface Reviewed {
  passed: boolean;
  findings: { kind: string; by: string }[];
  checks: { verdict: string }[];
}

/** It is to stop a service, and looks at an address afterwards. */
const plan = ({ site }: World, goal: string): JsonObject => ({
  format: 1,
  goal,
  runbook: null,
  parameters: {},
  environment: "dev",
  steps: [
    { kind: "tool", id: "stop", agent: "deploy", tool: "deploy.stop", input: { service: "greeter" }, after: [] },
    {
      kind: "tool",
      id: "look",
      agent: "check",
      tool: "check.http",
      input: { url: site, status: 204 },
      after: ["stop"],
    },
  ],
  tools: [],
  onFailure: "stop",
});

export const reviewerCases: EvalCase[] = [
  {
    agent: "reviewer",
    name: "sees that a plan does something else than its goal",
    runbook: "reviewer.review",
    parameters: (world) => ({
      plan: plan(world, "Deploy the newest version of greeter"),
      checks: [`${world.site} answers 204`, "greeter runs its newest version"],
    }),
    answers: () => [
      say({
        findings: [
          { severity: "high", kind: "not_the_goal", step: "stop", text: "It stops greeter and deploys nothing." },
        ],
        checks: [
          { number: 1, verdict: "covered", steps: ["look"] },
          { number: 2, verdict: "not_covered", steps: [] },
        ],
      }),
    ],
    judge(output) {
      const { passed, findings, checks } = output as unknown as Reviewed;
      return unless(
        [!passed, "it lets the plan pass"],
        [
          findings.some(({ kind, by }) => kind === "not_the_goal" && by === "model"),
          "it doesn't see that it isn't the goal",
        ],
        [checks[1]?.verdict === "not_covered", "it takes the second check for covered"],
      );
    },
  },
  {
    agent: "reviewer",
    name: "finds a check that no step covers without a model",
    runbook: "reviewer.review",
    parameters: (world) => ({
      plan: plan(world, "Stop greeter"),
      checks: [`${world.site} answers 204`, "https://elsewhere.example.com answers 200"],
      model: false,
    }),
    answers: () => [],
    judge(output) {
      const { passed, checks } = output as unknown as Reviewed;
      return unless(
        [!passed, "it lets the plan pass"],
        [checks[1]?.verdict === "not_covered", "it doesn't see the check that no step covers"],
      );
    },
  },
];
