import { api, type BudgetView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { periodStart } from "../../domain/limits/budget.ts";
import { deleteBudget, listBudgets, listReservations, putBudget, type BudgetRow } from "../../store/control/budgets.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { placeOf } from "../http/place.ts";
import { route } from "../http/route.ts";

export function budgetRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const view = ({ updatedAt, since, spent, amount, reserved, ...row }: BudgetRow): BudgetView => ({
    ...row,
    amount: shown(row, amount),
    reserved: shown(row, reserved),
    // The counter starts anew with the first attempt of a period; until then it still shows the one before.
    spent: since < periodStart(row.period, deps.now()) ? 0 : shown(row, spent),
    updatedAt: updatedAt.toISOString(),
  });

  route(app, deps, api.budgets.set, async ({ params, body, caller, tx, id }) => {
    const { covers, measure, currency = null, amount: given, agent = null, run = null, eachRun, period } = body;
    const stored = await tx(async (db) => {
      const { org, project } = await placeOf(db, caller.org, { project: body.project }, "body");
      const scope = { project, agent, run, eachRun };
      const name = params.budget;
      const amount = given * unitOf({ covers, measure });
      await putBudget(db, {
        org,
        id,
        name,
        covers,
        measure,
        currency,
        amount,
        period,
        ...scope,
        actor: caller.actor.name,
      });
      return listBudgets(db, org, name);
    });
    const [row] = stored;
    if (row === undefined) throw new NotFoundError();
    deps.wakeWorkers();
    return view(row);
  });

  route(app, deps, api.budgets.list, async ({ caller, tx }) => ({
    items: (await tx((db) => listBudgets(db, caller.org))).map(view),
    next: null,
  }));

  route(app, deps, api.budgets.get, ({ params, caller, tx }) =>
    tx(async (db) => {
      const [row] = await listBudgets(db, caller.org, params.budget);
      if (row === undefined) throw new NotFoundError();
      const held = await listReservations(db, caller.org, row.id);
      return {
        ...view(row),
        reservations: held.map((one) => ({ ...one, amount: shown(row, one.amount), since: one.since.toISOString() })),
      };
    }),
  );

  route(app, deps, api.budgets.remove, async ({ params, caller, tx }) => {
    if (!(await tx((db) => deleteBudget(db, caller.org, params.budget)))) throw new NotFoundError();
    deps.wakeWorkers();
  });
}

/** Calls to models are paid in millionths of the unit, which has a hundred minor ones. */
function unitOf({ covers, measure }: Pick<BudgetRow, "covers" | "measure">): number {
  return covers === "models" && measure === "money" ? 10_000 : 1;
}

function shown(row: Pick<BudgetRow, "covers" | "measure">, amount: number): number {
  return Math.ceil(amount / unitOf(row));
}
