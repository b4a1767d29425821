import { api, type VariableView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import {
  deleteVariable,
  listVariables,
  nearestVariables,
  putVariable,
  type VariableRow,
} from "../../store/organization/variables.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { placeOf } from "../http/place.ts";
import { route } from "../http/route.ts";

/** Plain values for plans. What was made with one keeps it: the value stands in the plan. */
export function variableRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.variables.put, ({ params, query, body, caller, tx, id }) =>
    tx(async (db) => {
      const at = await placeOf(db, caller.org, query);
      await putVariable(db, { ...at, id, name: params.variable, value: body.value, actor: caller.actor.name });
      return found(await nearestVariables(db, at, params.variable));
    }),
  );

  route(app, deps, api.variables.list, ({ query, caller, tx }) =>
    tx(async (db) => {
      const at = await placeOf(db, caller.org, query);
      const rows = at.project === null ? await listVariables(db, caller.org) : await nearestVariables(db, at);
      return { items: rows.map(view), next: null };
    }),
  );

  route(app, deps, api.variables.get, ({ params, query, caller, tx }) =>
    tx(async (db) => found(await nearestVariables(db, await placeOf(db, caller.org, query), params.variable))),
  );

  route(app, deps, api.variables.remove, ({ params, query, caller, tx }) =>
    tx(async (db) => {
      const at = await placeOf(db, caller.org, query);
      if (!(await deleteVariable(db, { ...at, name: params.variable }))) throw new NotFoundError();
    }),
  );
}

function found([row]: readonly VariableRow[]): VariableView {
  if (row === undefined) throw new NotFoundError();
  return view(row);
}

function view({ updatedAt, ...row }: VariableRow): VariableView {
  return { ...row, updatedAt: updatedAt.toISOString() };
}
