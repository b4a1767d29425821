import type { Command } from "commander";
import { example, examplesOf } from "../commands/options.ts";

/** Of commands that have little to explain; the others have theirs where they are defined. */
const short: Readonly<Record<string, readonly string[]>> = {
  "goals list": ["gantry goals list --status open", "gantry goals list --watch"],
  "goals show": ["gantry goals show 0198c2f4"],
  "goals abandon": ['gantry goals abandon 0198c2f4 --reason "Not needed any more"'],
  "runs show": ["gantry runs show 0198c2f4", "gantry runs show 0198c2f4 --watch"],
  "runs watch": ["gantry runs watch 0198c2f4 --wait --timeout 1h", "gantry runs watch 0198c2f4 --json"],
  "runs pause": ['gantry runs pause --filter environment=prod --reason "Moving the database"'],
  "runs resume": ["gantry runs resume --filter environment=prod --yes --expect-count 3"],
  "runs retry": ["gantry runs retry --filter status=failed --filter created-after=2026-11-21T00:00:00Z"],
  "runs undo": ['gantry runs undo --filter runbook=release --reason "Wrong release"'],
  "runs bulk": ["gantry runs bulk 0198c2f4-6a1b-7000-8000-000000000000 --watch"],
  reject: ['gantry reject 0198c2f4 --reason "Too close to the weekend"'],
  pause: ['gantry pause 0198c2f4 --reason "Let me look first"'],
  resume: ["gantry resume 0198c2f4 --wait"],
  cancel: ["gantry cancel 0198c2f4", 'gantry cancel 0198c2f4 --undo --reason "Wrong release"'],
  undo: ['gantry undo 0198c2f4 --reason "Checkout is slower"'],
  signal: [`gantry signal 0198c2f4 tested --payload '{"ok":true}'`],
  "runbooks list": ["gantry runbooks list"],
  "runbooks show": ["gantry runbooks show deploy.service"],
  "runbook versions": ["gantry runbook versions shop.release"],
  "workers list": ["gantry workers list", "gantry workers list --watch"],
  doctor: ["gantry doctor", "gantry doctor --json"],
  "key list": ["gantry key list"],
  "key revoke": ["gantry key revoke gantry_32bc5002"],
  "actor list": ["gantry actor list"],
  "environment list": ["gantry environment list"],
  "secret list": ["gantry secret list", "gantry secret list --project shop -e staging"],
  "secret rm": ["gantry secret rm registry-token"],
  "notify list": ["gantry notify list"],
  "notify show": ["gantry notify show team"],
  "notify test": ["gantry notify test team"],
  "notify pause": ["gantry notify pause team"],
  "notify resume": ["gantry notify resume team"],
  "notify remove": ["gantry notify remove team"],
  "notify dead-letters list": ["gantry notify dead-letters list --subscription team"],
  "connection list": ["gantry connection list"],
  "connection show": ["gantry connection show hub --project shop -e staging"],
  "connection remove": ["gantry connection remove hub"],
  "limit list": ["gantry limit list"],
  "limit remove": ["gantry limit remove 32bc5002"],
  "budget list": ["gantry budget list"],
  "budget show": ["gantry budget show team"],
  "budget remove": ["gantry budget remove team"],
  "breaker list": ["gantry breaker list"],
  "quota list": ["gantry quota list"],
  "kill-switch on": ['gantry kill-switch on --reason "Something deletes volumes"'],
  "kill-switch off": ["gantry kill-switch off"],
  "kill-switch status": ["gantry kill-switch status"],
  "trigger list": ["gantry trigger list"],
  "trigger show": ["gantry trigger show nightly"],
  "trigger history": ["gantry trigger history nightly -n 10"],
  "trigger resume": ["gantry trigger resume nightly"],
  "trigger remove": ["gantry trigger remove nightly"],
  "freeze list": ["gantry freeze list"],
  "retention show": ["gantry retention show"],
  "hold list": ["gantry hold list"],
  "hold remove": ["gantry hold remove 0198c2f4"],
  "archive list": ["gantry archive list"],
  "archive show": ["gantry archive show 0198c2f4"],
  "archive verify": ["gantry archive verify"],
  "blobs status": ["gantry blobs status"],
  "blobs lifecycle": ["gantry blobs lifecycle"],
  "freeze end": ["gantry freeze end 0198c2f4"],
};

export function addShortExamples(program: Command): void {
  for (const [path, lines] of Object.entries(short)) {
    const command = path
      .split(" ")
      .reduce<Command | undefined>((at, name) => at?.commands.find((one) => one.name() === name), program);
    if (command === undefined || examplesOf(command).length > 0)
      throw new TypeError(`There is no command ${path}, or it has examples of its own.`);
    example(command, ...lines);
  }
}
