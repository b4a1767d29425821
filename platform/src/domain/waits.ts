import type { RunEvent } from "@gantry/sdk";
import type { TimelineWait } from "@gantry/sdk/api";

interface Waits {
  ofRun: TimelineWait[];
  bySteps: Map<string, TimelineWait[]>;
}

/** What a run and its steps waited for, in the order in which that began. What is open at the run's end ended with it. */
export function waitsOf(events: readonly RunEvent[], to: number | null): Waits {
  const waits: Waits = { ofRun: [], bySteps: new Map() };
  const open = new Map<string, TimelineWait>();
  const end = (key: string, at: number): void => {
    const wait = open.get(key);
    if (wait !== undefined) wait.to = at;
    open.delete(key);
  };
  const begin = (key: string, step: string | null, wait: TimelineWait): void => {
    end(key, wait.from);
    open.set(key, wait);
    if (step === null) waits.ofRun.push(wait);
    else {
      const others = waits.bySteps.get(step);
      if (others === undefined) waits.bySteps.set(step, [wait]);
      else others.push(wait);
    }
  };
  for (const event of events) {
    const begun = beginning(event);
    if (begun !== null) begin(begun.key, begun.step, { from: event.at, to: null, on: begun.on, detail: begun.detail });
    for (const key of endings(event)) end(key, event.at);
  }
  for (const wait of open.values()) wait.to = to;
  return waits;
}

interface Beginning {
  key: string;
  step: string | null;
  on: TimelineWait["on"];
  detail: string;
}

function beginning(event: RunEvent): Beginning | null {
  const ofStep = (step: string, on: TimelineWait["on"], detail: string): Beginning => ({
    key: `step ${step}`,
    step,
    on,
    detail,
  });
  switch (event.type) {
    case "run.paused":
      return { key: "paused", step: null, on: "resume", detail: event.data.reason ?? "" };
    case "run.halted":
      return { key: "halted", step: null, on: "kill_switch", detail: event.data.reason };
    case "run.frozen":
      return { key: "frozen", step: null, on: "freeze", detail: event.data.reason };
    case "change_set.created": {
      const { decision, hash } = event.data;
      if (decision.result !== "require_approval") return null;
      const detail = decision.approvals.map(({ count, group }) => `${count} of ${group}`).join(", ");
      return { key: `gate ${hash}`, step: null, on: "approval", detail };
    }
    case "step.waiting":
      return ofStep(event.data.step, event.data.signal === null ? "time" : "signal", event.data.signal ?? "");
    case "step.retry_scheduled":
      return ofStep(event.data.step, "time", "");
    case "step.slot_awaited":
      return ofStep(event.data.step, "slot", event.data.key);
    case "step.limit_awaited":
      return ofStep(event.data.step, "limit", event.data.limit.what);
    case "step.outcome_unclear":
      return ofStep(event.data.step, "person", event.data.reason);
    case "child.started":
      return ofStep(event.data.step, "child", event.data.child);
    default:
      return null;
  }
}

function endings(event: RunEvent): string[] {
  switch (event.type) {
    case "run.resumed":
      return ["paused"];
    case "run.unhalted":
      return ["halted"];
    case "run.unfrozen":
      return ["frozen"];
    case "change_set.approved":
    case "change_set.rejected":
    case "change_set.expired":
    case "change_set.voided":
      return [`gate ${event.data.hash}`];
    case "attempt.started":
    case "attempt.settled":
    case "step.wait_ended":
    case "step.failed":
    case "step.skipped":
    case "child.ended":
      return [`step ${event.data.step}`];
    default:
      return [];
  }
}
