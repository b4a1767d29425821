import type { DoctorCheck, HostTool, KillSwitchView, WorkerView } from "@gantry/sdk/api";
import { utcMinute } from "../../lib/utc-minute.ts";

export function workersCheck(
  all: readonly { alive: boolean; state: string; pool: string; capacity: number }[],
): DoctorCheck {
  const alive = all.filter((worker) => worker.alive && worker.state === "active");
  const name = "workers";
  if (alive.length === 0) {
    const text = "none is alive: runs are accepted and wait";
    return { name, status: "broken", text, mend: "gantry up --role worker" };
  }
  const pools = [...new Set(alive.map(({ pool }) => pool))];
  const steps = alive.reduce((sum, { capacity }) => sum + capacity, 0);
  return { name, status: "ok", text: `${alive.length} alive for ${steps} steps at once, in ${pools.join(", ")}` };
}

const toolWords: Record<HostTool["name"], { name: string; without: string; mend: string }> = {
  git: {
    name: "git of workers",
    without: "deployments from a git repository fail, everything else works",
    mend: "sudo apt-get install git",
  },
  bubblewrap: {
    name: "sandbox of workers",
    without: "tools run with their own HOME and limits, but see the host's files and network",
    mend: "sudo apt-get install bubblewrap",
  },
  terraform: {
    name: "terraform of workers",
    without: "runbooks that use Terraform fail, everything else works",
    mend: "see https://opentofu.org/docs/intro/install",
  },
};

/** What the hosts of the workers have for their tools: a line for each tool and each thing that was found of it. */
export function workerToolChecks(
  workers: readonly Pick<WorkerView, "id" | "alive" | "state" | "tools">[],
): DoctorCheck[] {
  const alive = workers.filter((worker) => worker.alive && worker.state === "active");
  return (Object.keys(toolWords) as HostTool["name"][]).flatMap((tool) => {
    const { name, without, mend } = toolWords[tool];
    const found = alive.flatMap(({ id, tools }) =>
      tools.filter((one) => one.name === tool).map((one) => ({ id, one })),
    );
    return [...Map.groupBy(found, ({ one: { version, problem } }) => JSON.stringify([version, problem])).values()].map(
      (same): DoctorCheck => {
        const [{ one }] = same as [(typeof same)[number]];
        // Where all of them are alike nobody needs their names.
        const where = same.length === alive.length ? "" : ` at ${same.map(({ id }) => id.slice(0, 13)).join(", ")}`;
        if (one.problem === null) return { name, status: "ok", text: `${one.version ?? "there"}${where}` };
        return { name, status: "missing", text: `${one.problem}${where}; ${without}`, mend };
      },
    );
  });
}

export function killSwitchCheck({ active: [on] }: KillSwitchView): DoctorCheck {
  const name = "kill switch";
  if (on === undefined) return { name, status: "ok", text: "off" };
  if (on.scope === "restored") return { name, status: "broken", text: on.reason, mend: "gantry restore resume" };
  const everywhere = on.scope === "everywhere" ? " --everywhere" : "";
  const text = `ON (${on.scope}): ${on.reason}; nothing starts`;
  return { name, status: "broken", text, mend: `gantry kill-switch off${everywhere}` };
}

interface BrokenGlass {
  id: string;
  actor: { name: string };
  role: string;
  projectName: string;
  environment: string | null;
  reason: string;
  expiresAt: Date;
  open: boolean;
  reviewedAt: Date | null;
}

/** Whoever holds a role now that nobody gave them; else what of that nobody has looked at since. */
export function breakGlassCheck(all: readonly BrokenGlass[]): DoctorCheck {
  const name = "break-glass";
  const [first, ...others] = all.filter(({ open }) => open);
  if (first !== undefined) {
    const { projectName, environment } = first;
    const place = environment === null ? `project ${projectName}` : `${projectName}/${environment}`;
    const more = others.length > 0 ? `, and ${others.length} more` : "";
    const text = `OPEN: ${first.actor.name} is ${first.role} of ${place} until ${utcMinute(first.expiresAt)}${more}: ${first.reason}`;
    return { name, status: "missing", text, mend: `gantry break-glass end ${first.id}` };
  }
  const unseen = all.filter(({ reviewedAt }) => reviewedAt === null);
  const [last] = unseen;
  if (last === undefined) return { name, status: "ok", text: "nobody holds a role that nobody gave" };
  const text = `${unseen.length} not reviewed; the last by ${last.actor.name}: ${last.reason}`;
  return { name, status: "missing", text, mend: `gantry break-glass review ${last.id} --comment "…"` };
}

export function toRunCheck({ runbooks, environments }: { runbooks: number; environments: number }): DoctorCheck {
  const name = "to run";
  const text = `${runbooks} runbooks, ${environments} environments`;
  if (environments > 0) return { name, status: "ok", text };
  return { name, status: "missing", text: `${text}; a run needs one`, mend: "gantry environment create staging" };
}
