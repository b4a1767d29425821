import { api, type PersonView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import {
  listPeople,
  setInstallationAdministrator,
  setPersonDisabled,
  type PersonOfInstallation,
} from "../../store/access/people.ts";
import type { Queryable } from "../../store/organization.ts";
import { requireLasting } from "./caller.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { route } from "../http/route.ts";
import { OwnSelfError } from "../organization/tenancy-errors.ts";

/** People of the whole installation; an organization's own members are its actors. */
export function personAccessRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.people.list, async ({ tx }) => ({ items: (await tx(listPeople)).map(view), next: null }));

  route(app, deps, api.people.disable, ({ params, caller, tx }) => {
    // Nobody could let them in again.
    if (params.person === caller.person) throw new OwnSelfError();
    return tx((db) => switched(db, params.person, setPersonDisabled, true));
  });

  route(app, deps, api.people.enable, ({ params, tx }) =>
    tx((db) => switched(db, params.person, setPersonDisabled, false)),
  );

  route(app, deps, api.people.administer, ({ params, caller, tx }) => {
    requireLasting(caller);
    return tx((db) => switched(db, params.person, setInstallationAdministrator, true));
  });

  route(app, deps, api.people.relieve, ({ params, tx }) =>
    tx((db) => switched(db, params.person, setInstallationAdministrator, false)),
  );
}

/** @throws NotFoundError */
async function switched(
  db: Queryable,
  person: string,
  set: (db: Queryable, person: string, to: boolean) => Promise<boolean>,
  to: boolean,
): Promise<PersonView> {
  if (!(await set(db, person, to))) throw new NotFoundError();
  const found = (await listPeople(db)).find(({ id }) => id === person);
  if (found === undefined) throw new NotFoundError();
  return view(found);
}

function view({ createdAt, disabledAt, administersSince, ...person }: PersonOfInstallation): PersonView {
  return {
    ...person,
    createdAt: createdAt.toISOString(),
    disabledAt: disabledAt?.toISOString() ?? null,
    administersSince: administersSince?.toISOString() ?? null,
  };
}
