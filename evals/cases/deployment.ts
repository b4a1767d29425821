import { say, unless, type EvalCase } from "../case.ts";

interface Diagnosed {
  signs: { cause: string }[];
  diagnosis: { cause: string; quotes: { text: string }[]; next: string[] } | null;
}

const refused = `starting greeter at 3f2a1c0
connecting to postgres://db.internal:5432/greeter
Error: connect ECONNREFUSED 10.0.0.5:5432
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1637:16)
process exited with code 1
health probe: expected status 200, got nothing`;

export const deploymentCases: EvalCase[] = [
  {
    agent: "deploy",
    name: "finds what a release failed by in its log, and quotes it",
    runbook: "deploy.diagnose",
    parameters: () => ({ service: "greeter", evidence: refused }),
    answers: () => [
      say({
        cause: "unreachable",
        explanation: "The service ends because its database refuses the connection.",
        confidence: "high",
        quotes: [{ source: "what was given", text: "Error: connect ECONNREFUSED 10.0.0.5:5432" }],
        next: ["See whether the database runs and listens on 10.0.0.5:5432."],
      }),
    ],
    judge(output) {
      const { diagnosis } = output as unknown as Diagnosed;
      return unless(
        [diagnosis?.cause === "unreachable", `the cause is ${String(diagnosis?.cause)}, not unreachable`],
        [diagnosis?.quotes.some(({ text }) => text.includes("ECONNREFUSED")) === true, "it doesn't quote the line"],
        [(diagnosis?.next.length ?? 0) > 0, "it doesn't say what to do"],
      );
    },
  },
  {
    agent: "deploy",
    name: "goes by known signs without a model",
    runbook: "deploy.diagnose",
    parameters: () => ({ service: "greeter", evidence: refused, model: false }),
    answers: () => [],
    judge(output) {
      const { signs, diagnosis } = output as unknown as Diagnosed;
      return unless(
        [signs[0]?.cause === "unreachable", "the first sign isn't unreachable"],
        [diagnosis === null, "something was diagnosed"],
      );
    },
  },
];
