import { Plan, type DraftStep } from "@gantry/sdk";
import { runbookFromPlan } from "@gantry/sdk/runbook-file";
import { say, unless, use, type EvalCase } from "../case.ts";

interface Planned {
  plan: Plan | null;
  questions: string[];
  steps: { why: string }[];
}

const repository = "https://git.example.com/greeter.git";
const deploy = { service: "greeter", repository, port: 8088 };
const step = (
  id: string,
  kind: DraftStep["kind"],
  name: string,
  input: object,
  after: string[] = [],
  more: Partial<DraftStep> = {},
): DraftStep => ({
  id,
  title: id,
  why: `The goal says to ${id}.`,
  kind,
  name,
  input: JSON.stringify(input),
  after,
  when: "",
  each: "",
  parallel: 1,
  undo: "tool",
  ...more,
});
const draft = (steps: object[], questions: string[] = []) =>
  say({ summary: "As the goal says.", steps, onFailure: "undo", assumptions: [], questions });

/** Of a run that put a site's name into a check: the file by rules, and what a model could make of it. */
const checked = Plan.parse({
  format: 1,
  goal: "Check the shop",
  runbook: null,
  parameters: {},
  environment: "dev",
  tools: [],
  onFailure: "stop",
  steps: [
    {
      kind: "tool",
      id: "look",
      agent: "check",
      tool: "check.http",
      input: { url: "https://shop.example.com/health", status: 200 },
    },
  ],
});
const { text: byRules } = runbookFromPlan(checked, { name: "shop.check", title: "Check the shop", other: null });
const general = byRules
  .replace(
    /^title: .*$/m,
    "title: Check a site\ndescription: Looks whether a site answers.\nintents: [check a site]\nparameters:\n  host: {type: text, help: Name of the site's host}",
  )
  .replace("shop.example.com", "${{ parameters.host }}");

export const plannerCases: EvalCase[] = [
  {
    agent: "planner",
    name: "makes of a run's runbook one for other sites, which still does what the run did",
    runbook: "planner.generalize",
    parameters: () => ({ file: byRules, plan: JSON.stringify(checked) }),
    answers: () => [
      say({
        changes: [],
        file: general.replace("status: 200", "status: 204"),
        parameters: '{"host":"shop.example.com"}',
      }),
      say({ changes: ["The host is a parameter."], file: general, parameters: '{"host":"shop.example.com"}' }),
    ],
    judge(output) {
      const { file, parameters } = output as unknown as { file: string; parameters: Record<string, string> };
      return unless(
        [/^parameters:\n/m.test(file), "it has no parameters"],
        [Object.values(parameters).some((value) => value.includes("shop.example.com")), "the site isn't a parameter"],
      );
    },
  },
  {
    agent: "planner",
    name: "makes one plan of a runbook and a check behind it",
    runbook: "planner.plan",
    parameters: ({ site }) => ({
      goal: `Deploy the service greeter from ${repository} on port 8088, and afterwards check that ${site} answers 204.`,
    }),
    answers: ({ site }) => [
      use("catalogue.describe", { names: ["deploy.service", "check.http"] }),
      // A runbook whose parameters don't fit is sent back.
      draft([step("deploy", "runbook", "deploy.service", { service: "greeter" })]),
      draft([
        step("deploy", "runbook", "deploy.service", deploy),
        step("look", "tool", "check.http", { url: site, status: 204 }, ["deploy"]),
      ]),
    ],
    judge(output, { site }) {
      const { plan, steps } = output as unknown as Planned;
      const tools = plan?.steps.map((one) => (one.kind === "tool" ? one.tool : one.kind)) ?? [];
      const last = plan?.steps.at(-1);
      const checks = last?.kind === "tool" && last.tool === "check.http" && JSON.stringify(last.input).includes(site);
      return unless(
        [tools.includes("deploy.switch") && tools.includes("deploy.retire"), "it doesn't deploy as the runbook does"],
        [checks && JSON.stringify(last.input).includes("204"), "it doesn't end with the check"],
        [plan?.tainted?.includes("planner.plan") === true, "nothing says that a model planned it"],
        [steps.every(({ why }) => why.length > 0), "a step has no reason"],
      );
    },
  },
  {
    agent: "planner",
    name: "loops over things, and does what depends on how they turn out only then",
    runbook: "planner.plan",
    parameters: ({ site }) => ({
      goal: `Check that ${site} answers 204 and that ${site}health does. Only if neither is so, deploy greeter from ${repository} on port 8088.`,
    }),
    answers: ({ site }) => [
      use("catalogue.describe", { names: ["check.http", "deploy.service"] }),
      draft([
        step("look", "tool", "check.http", { url: { $item: [] }, status: 204, timeoutMs: 0 }, [], {
          each: JSON.stringify([site, `${site}health`]),
        }),
        step("deploy", "runbook", "deploy.service", deploy, ["look"], {
          when: "!steps.look.output.exists(one, one.probes[0].passed)",
        }),
      ]),
    ],
    judge(output, { site }) {
      const steps = (output as unknown as Planned).plan?.steps ?? [];
      const looked = JSON.stringify(steps.filter((one) => one.kind === "tool" && one.tool === "check.http"));
      const deploying = steps.filter((one) => one.kind === "run" || (one.kind === "tool" && one.agent === "deploy"));
      return unless(
        [looked.includes(`"${site}"`) && looked.includes(`${site}health`), "it doesn't look at both"],
        [deploying.length > 0 && deploying.every(({ when }) => when !== undefined), "it deploys however they answer"],
      );
    },
  },
  {
    agent: "planner",
    name: "asks what would be destroyed instead of guessing it",
    runbook: "planner.plan",
    parameters: () => ({ goal: "Get rid of the old one." }),
    answers: () => [draft([], ["Which service or infrastructure is meant by the old one?"])],
    judge(output) {
      const { plan, questions } = output as unknown as Planned;
      return unless([plan === null, "it planned something"], [questions.length > 0, "it asks nothing"]);
    },
  },
];
