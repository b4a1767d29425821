export const texts = {
  en: {
    title: "Agents",
    lead: "Who does the work: their tools, what these may do at most, and how they did.",
    none: "No agent is installed.",
    counted: (runs: number) =>
      `Calls are those of the last seven days${runs >= 1_000 ? ", in the newest 1,000 runs" : ""}.`,
    nobody: "no worker serves it",
    servedBy: (count: number) => (count === 1 ? "1 worker" : `${count} workers`),
    worker: (host: string, pid: number, pool: string) => `${host} (${pid}), pool ${pool}`,
    draining: "draining",
    otherVersion: (version: string) => `has version ${version}`,
    thinks: (task: string) => `Thinks to ${task}`,
    cost: (calls: number, amount: string) =>
      `${calls === 1 ? "1 call" : `${calls} calls`} to models in 30 days, ${amount}`,
    runbooks: "Runbooks",
    tool: "Tool",
    effect: "At most it",
    can: "Knows how to",
    abilities: { preview: "preview", inspect: "look after a crash", verify: "verify", undo: "undo" },
    calls: "Calls",
    success: "Success",
    median: "Median",
    p95: "p95",
    last: "Last",
    never: "never",
    neverCalled: "Not called in the last seven days.",
    summary: (calls: number, rate: string, median: string, p95: string) =>
      `${calls === 1 ? "1 call" : `${calls} calls`}, ${rate} succeeded, median ${median}, p95 ${p95}`,
  },
};
