import { Option, type Command } from "commander";
import type { CreateTrigger } from "@gantry/sdk/api";
import { FinalStatus } from "@gantry/sdk/client";
import { UsageError } from "../errors.ts";
import { readDuration, readWhole } from "./options.ts";

type Source = CreateTrigger["source"];

export interface SourceOptions {
  schedule?: string;
  timeZone: string;
  missed: "skip" | "once" | "all";
  missedLimit: number;
  jitter?: number;
  webhook?: "standard" | "github" | "gitlab" | "alertmanager";
  secret?: string;
  perMinute: number;
  git?: string;
  ref: string;
  every: number;
  afterRun?: string | true;
  afterEnvironment?: string;
  status?: FinalStatus[];
}

/** What a trigger fires on: exactly one of the four. */
export function sourceOptions(add: Command): void {
  add
    .option("--schedule <cron>", "at these times: minute, hour, day of month, month, day of week")
    .option("--time-zone <name>", "of the schedule", "UTC")
    .addOption(
      new Option("--missed <policy>", "what becomes of times that passed while Gantry was down")
        .choices(["skip", "once", "all"])
        .default("once"),
    )
    .option("--missed-limit <number>", "how many `--missed all` makes up for", readWhole(1, 100), 10)
    .option("--jitter <duration>", "delay each time by up to this", readDuration)
    .addOption(
      new Option("--webhook <scheme>", "on a signed webhook").choices(["standard", "github", "gitlab", "alertmanager"]),
    )
    .option("--secret <name>", "the secret that signs it; see `gantry secret set`")
    .option("--per-minute <number>", "webhooks a minute that are taken", readWhole(1, 100_000), 600)
    .option("--git <repository>", "on a new commit in this repository")
    .option("--ref <name>", "branch or tag of the repository", "main")
    .option("--every <duration>", "how often to look at the repository", readDuration, 60_000)
    .option("--after-run [runbook]", "at the end of another run, of this runbook if given")
    .option("--after-environment <name>", "only of runs on this environment")
    .option("--status <status>", "only of runs that came to this end; may be repeated (default: succeeded)", addStatus);
}

/** @throws {UsageError} unless exactly one is given, with what it needs. */
export function sourceOf(options: SourceOptions): Source {
  const { schedule, webhook, git, afterRun } = options;
  const given = [schedule, webhook, git, afterRun].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw new UsageError(
      "When shall it fire? Give one of --schedule, --webhook, --git and --after-run.",
      "gantry trigger add --help",
    );
  }
  if (schedule !== undefined) {
    const { timeZone, missed, missedLimit, jitter = 0 } = options;
    return { kind: "schedule", cron: schedule, timeZone, missed, missedLimit, jitterMs: jitter };
  }
  if (webhook !== undefined) {
    const { secret, perMinute } = options;
    if (secret === undefined) {
      throw new UsageError("Which secret signs the webhook? Give --secret.", "gantry secret set <name> < file");
    }
    return { kind: "webhook", scheme: webhook, secret, perMinute };
  }
  if (git !== undefined) return { kind: "git", repository: git, ref: options.ref, everyMs: options.every };
  const { afterEnvironment, status } = options;
  return {
    kind: "run",
    ...(typeof afterRun === "string" ? { runbook: afterRun } : {}),
    ...(afterEnvironment === undefined ? {} : { environment: afterEnvironment }),
    ...(status === undefined ? {} : { status }),
  };
}

function addStatus(text: string, before: FinalStatus[] | undefined): FinalStatus[] {
  const status = FinalStatus.safeParse(text);
  if (!status.success) {
    throw new UsageError(`No run ends as ${JSON.stringify(text)}; ends are ${FinalStatus.options.join(", ")}.`);
  }
  return [...(before ?? []), status.data];
}
