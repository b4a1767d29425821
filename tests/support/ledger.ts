import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { MemoryTool } from "./memory-runner.ts";

/** What really happened, kept outside of Gantry: a line per effect, in a file that survives the process. */
export function ledgerTools(file: string): MemoryTool[] {
  const effects = (): string[] => (existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : []);
  return [
    {
      name: "ledger.write",
      effect: "changes",
      idempotent: false,
      run: ({ runId, stepKey }) => {
        appendFileSync(file, `${runId} ${stepKey}\n`);
        return { wrote: stepKey };
      },
      inspect: ({ runId, stepKey }) =>
        effects().includes(`${runId} ${stepKey}`)
          ? { status: "done", output: { wrote: stepKey } }
          : { status: "not_done" },
    },
    { name: "ledger.read", run: ({ input }) => input },
    {
      // Pays what its input says, at most what it declares; a line per payment.
      name: "ledger.pay",
      effect: "changes",
      idempotent: false,
      connections: ["bank"],
      worstCase: { money: { amount: 10, currency: "EUR" }, requests: 1 },
      run: ({ runId, stepKey, attemptId, input }, _signal, { use }) => {
        use({ money: { amount: Number(input), currency: "EUR" }, requests: 1 });
        appendFileSync(file, `${runId} ${stepKey} ${attemptId} ${Number(input)}\n`);
        return null;
      },
      inspect: ({ runId, stepKey }) =>
        effects().some((line) => line.startsWith(`${runId} ${stepKey} `))
          ? { status: "done", output: null }
          : { status: "not_done" },
    },
  ];
}
