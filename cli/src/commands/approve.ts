import type { Command } from "commander";
import type { Digest } from "@gantry/sdk";
import type { RunDetail } from "@gantry/sdk/api";
import { ApiError } from "@gantry/sdk/client";
import type { Act } from "../action.ts";
import { checkHash } from "../change-set-hash.ts";
import type { Context } from "../context.ts";
import { DeclinedError, NothingToApproveError } from "../errors.ts";
import { exitOfRun, type ExitName } from "../exit-codes.ts";
import { openChangeSet } from "../open-change-set.ts";
import { ask } from "../prompt.ts";
import { prove, type ProofOptions } from "../prove.ts";
import { renderChangeSet } from "../render/change-set.ts";
import { statusWord } from "../render/words.ts";
import { findRun } from "../run-reference.ts";
import { watchRun } from "../watch-run.ts";
import { example, reasonOption, timeoutOption, waitOption } from "./options.ts";

interface DecideOptions extends ProofOptions {
  reason?: string;
  group?: string;
  wait?: boolean;
  timeout?: number;
}

/** `gantry approve` and `gantry reject`: a person's decision on the very change set that was looked at. */
export function approveCommands(program: Command, act: Act): void {
  const approve = program
    .command("approve")
    .argument("<run>", "id, or the beginning of it")
    .argument("[hash]", "hash of the change set that was looked at; asked for on a terminal")
    .description("Approve the change set that a run waits with.")
    .addOption(reasonOption())
    .option("--group <group>", "the group to approve for, of several that you may")
    .option("--code <code>", "of your authenticator app, where the environment wants one; asked for on a terminal")
    .option("--passkey", "show a link instead, and wait until one of your passkeys confirmed it there")
    .addOption(waitOption())
    .addOption(timeoutOption());
  example(approve, "gantry approve 0198c2f4-6a1b", "gantry approve 0198c2f4-6a1b sha256:9f2c…");
  act<DecideOptions>(approve, approveRun);

  const reject = program
    .command("reject")
    .argument("<run>", "id, or the beginning of it")
    .argument("[hash]", "hash of the change set that was looked at; the open one otherwise")
    .description("Reject the change set that a run waits with. The run ends.")
    .requiredOption("-r, --reason <text>", "why; kept in the history");
  act<{ reason: string }>(reject, rejectRun);

  const comment = program
    .command("comment")
    .argument("<run>", "id, or the beginning of it")
    .argument("<text>", "what you have to say")
    .description(
      "Say something about a run's change set. Whoever looks at it sees it; what is approved stays the same.",
    )
    .option("--hash <hash>", "of the change set; the newest otherwise");
  example(comment, 'gantry comment 0198c2f4-6a1b "Why does this touch the load balancer?"');
  act<{ hash?: string }>(comment, commentOnRun);
}

type Given<Options> = { parameters: readonly string[]; options: Options };

async function approveRun(context: Context, { parameters, options }: Given<DecideOptions>): Promise<ExitName> {
  const [reference = "", given] = parameters;
  const client = context.client();
  const run = await client.runs.get(await findRun(client, reference));
  const hash = given === undefined ? await askForApproval(context, run) : checkHash(given);
  const answer = await sendApproval(context, run.id, hash, options);
  if (options.wait === true) {
    const unanswered = answer.status === "accepted";
    return watchRun(context, { run: run.id, wait: true, timeoutMs: options.timeout, behind: run.seq, unanswered });
  }
  const after = await client.runs.get(run.id);
  if (context.json) context.terminal.json({ ...answer, run: after });
  else sayApproved(context, after, answer.status);
  return "ok";
}

/** Where the environment wants a second factor it is asked for, and given for this very hash. */
async function sendApproval(context: Context, run: string, hash: string, options: DecideOptions) {
  const client = context.client();
  const approve = (proof: string | null) =>
    client.runs.approve(run, { hash, reason: options.reason ?? null, group: options.group ?? null, proof });
  if (options.code !== undefined || options.passkey === true)
    return approve(await prove(context, run, hash as Digest, options));
  try {
    return await approve(null);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "mfa_required") throw error;
    return approve(await prove(context, run, hash as Digest, options));
  }
}

/** Shows the change set and asks. Whoever approves without reading must at least type which environment is changed. */
async function askForApproval(context: Context, run: RunDetail): Promise<string> {
  const { terminal, now } = context;
  const view = openChangeSet(run);
  if (view === undefined) throw new NothingToApproveError(run.id, statusWord(run.status));
  terminal.say(
    `${renderChangeSet(view, { paint: terminal.paint, width: terminal.columns(), now: now() }).join("\n")}\n`,
  );
  const { environment } = view.changeSet;
  const question = `Approve this change of ${environment}? Type the environment's name:`;
  const answer = await ask(context, question, `gantry approve ${run.id} ${view.hash}`);
  if (answer !== environment)
    throw new DeclinedError(`The change set was not approved: ${JSON.stringify(answer)} isn't ${environment}.`);
  return view.hash;
}

function sayApproved({ terminal }: Context, run: RunDetail, status: "done" | "accepted"): void {
  const view = openChangeSet(run);
  const more = view?.decision.approvals
    .map(({ group, count }) => ({ group, left: count - view.approvals.filter((one) => one.group === group).length }))
    .filter(({ left }) => left > 0)
    .map(({ group, left }) => `${left} more of ${group}`);
  terminal.say(
    status === "accepted"
      ? "Approval stored; it takes effect when a worker takes the run."
      : more !== undefined && more.length > 0
        ? `Approved; still needed: ${more.join(", ")}.`
        : `Approved. Run is ${statusWord(run.status)}.`,
  );
  terminal.say(`  watch:  gantry runs watch ${run.id}`);
}

async function commentOnRun(context: Context, { parameters, options }: Given<{ hash?: string }>): Promise<ExitName> {
  const [reference = "", text = ""] = parameters;
  const client = context.client();
  const run = await client.runs.get(await findRun(client, reference));
  const hash = options.hash === undefined ? run.changeSets.at(-1)?.hash : checkHash(options.hash);
  if (hash === undefined) throw new NothingToApproveError(run.id, statusWord(run.status));
  const answer = await client.runs.comment(run.id, { hash, text });
  if (context.json) context.terminal.json(answer);
  else context.terminal.say(answer.status === "done" ? "Said." : "Stored; it is told when a worker takes the run.");
  return "ok";
}

async function rejectRun(context: Context, { parameters, options }: Given<{ reason: string }>): Promise<ExitName> {
  const [reference = "", given] = parameters;
  const client = context.client();
  const run = await client.runs.get(await findRun(client, reference));
  const hash = given === undefined ? openChangeSet(run)?.hash : checkHash(given);
  if (hash === undefined) throw new NothingToApproveError(run.id, statusWord(run.status));
  const answer = await client.runs.reject(run.id, { hash, reason: options.reason });
  const after = await client.runs.get(run.id);
  if (context.json) context.terminal.json({ ...answer, run: after });
  else context.terminal.say(`Rejected. Run is ${statusWord(after.status)}.`);
  return exitOfRun(after) === "failed" ? "failed" : "ok";
}
