import { setTimeout as delay } from "node:timers/promises";
import type { ErrorData } from "@gantry/sdk";
import { api, type CommandAnswer } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { readOutcome, sendMessage, type Message } from "../../store/journal/inbox.ts";
import { inOrganization, type Queryable } from "../../store/organization.ts";
import type { ApiDeps } from "../deps.ts";
import { CommandRefusedError } from "../http/problem.ts";
import { missingRun } from "./run-access.ts";
import { route, type Call } from "../http/route.ts";
import { assertQuotas } from "../../store/control/quotas.ts";
import { findRun } from "../../store/runs/run-list.ts";
import { requireProject } from "../http/target.ts";

type CommandCall = Pick<Call<typeof api.runs.pause>, "params" | "caller" | "tx" | "id" | "reply">;

/** What people tell a run. The API only passes it on: the run's owner decides, and its verdict is the answer. */
export function runCommandRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { runs } = api;
  const send = (call: CommandCall, message: Message) => command(deps, call, message);

  route(app, deps, runs.pause, (call) => send(call, { kind: "pause", reason: call.body.reason }));
  route(app, deps, runs.resume, (call) => send(call, { kind: "resume" }));
  route(app, deps, runs.cancel, (call) => send(call, { kind: "cancel", ...call.body }));
  route(app, deps, runs.retry, (call) =>
    command(deps, call, async (db) => {
      await assertRoomAgain(db, call);
      return { kind: "retry" };
    }),
  );
  // Quotas never stand in its way: nobody may be kept from taking back what was done.
  route(app, deps, runs.undo, (call) => send(call, { kind: "undo", reason: call.body.reason, approved: false }));
  route(app, deps, runs.signal, (call) => send(call, { kind: "signal", ...call.body }));
  route(app, deps, runs.settle, (call) => send(call, { kind: "settle", ...call.body }));
}

/** A run that has ended and is tried again counts as a live one anew. @throws QuotaExceededError */
async function assertRoomAgain(db: Queryable, { caller, params }: CommandCall): Promise<void> {
  const row = await findRun(db, params.run);
  if (row === null || row.finishedAt === null) return;
  const project = await requireProject(db, caller.org, row.project);
  await assertQuotas(db, { org: caller.org, project, steps: null });
}

/** Stores the command and waits a little for the owner's verdict; 202 when nobody took it meanwhile. */
export async function command(
  deps: ApiDeps,
  call: CommandCall,
  message: Message | ((db: Queryable) => Promise<Message>),
): Promise<CommandAnswer> {
  const { caller, id, params, reply } = call;
  await call.tx(async (db) => {
    const said = typeof message === "function" ? await message(db) : message;
    const sent = await sendMessage(db, { id, run: params.run, message: said, actor: caller.actor });
    if (!sent) throw await missingRun(db, params.run);
  });
  deps.wakeWorkers();
  const verdict = await waitForVerdict(deps, caller.org, id);
  if (verdict !== undefined && verdict !== null) throw new CommandRefusedError(verdict);
  if (verdict === undefined) reply.code(202);
  return { id, run: params.run, status: verdict === undefined ? "accepted" : "done" };
}

async function waitForVerdict(deps: ApiDeps, org: string, id: string): Promise<ErrorData | null | undefined> {
  const until = deps.now() + deps.config.verdictMs;
  for (let pause = 10; ; pause = Math.min(pause * 2, 250)) {
    const outcome = await inOrganization(deps.pool, org, (db) => readOutcome(db, id));
    if (outcome !== undefined) return outcome as ErrorData | null;
    if (deps.now() + pause > until) return undefined;
    await delay(pause);
  }
}
