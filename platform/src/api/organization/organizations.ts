import { createHash, randomBytes } from "node:crypto";
import { api, apiPrefix, type ErasureReceipt, type OrganizationView, type Scope } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import type { Queryable } from "../../store/organization.ts";
import {
  beginErasure,
  countsOfOrganization,
  createOrganization,
  findErasures,
  listOrganizations,
  renameOrganization,
  setFirstQuotas,
  type ErasureRow,
  type OrganizationRow,
} from "../../store/organization/organizations.ts";
import { createApiKey } from "../access/api-key.ts";
import type { Caller } from "../access/caller.ts";
import type { ApiDeps } from "../deps.ts";
import { NameTakenError, NotFoundError } from "../errors.ts";
import { parsePart } from "../http/parse.ts";
import { viewQuotas } from "../control/quotas.ts";
import { route } from "../http/route.ts";
import { LastOrganizationError, NameNotConfirmedError, OwnersOnlyError, PlaceInUseError } from "./tenancy-errors.ts";

/** What the owner of a new organization may use its first key for: all but what reaches beyond it. */
const ownerScopes: readonly Scope[] = ["read", "run", "approve", "secrets", "runbooks", "admin"];

export function organizationRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const create = async (call: Parameters<Parameters<typeof route<typeof api.organizations.create>>[3]>[0]) => {
    const { body, caller, tx, id } = call;
    const { key, prefix, hash } = createApiKey();
    // Of somebody else nothing is known but the name.
    const person = body.owner === undefined ? caller.person : null;
    const owner = { id: deps.newId(), name: body.owner ?? caller.actor.name, person };
    return tx(async (db) => {
      const one = { id, name: body.name, project: deps.newId(), binding: deps.newId(), owner };
      const first = { id: deps.newId(), prefix, hash, scopes: ownerScopes };
      if (!(await createOrganization(db, { ...one, key: first })))
        throw new NameTakenError("an organization", body.name);
      await setFirstQuotas(db, { org: id, quotas: deps.config.firstQuotas, actor: caller.actor.name });
      const made = (await listOrganizations(db, { person: null, everywhere: true })).find((row) => row.id === id);
      if (made === undefined) throw new NotFoundError();
      return { ...view(made), owner: { id: owner.id, name: owner.name }, key };
    });
  };
  route(app, deps, api.organizations.create, create, { sealAnswer: true });

  route(app, deps, api.organizations.list, async ({ caller, tx }) => {
    // A session works where its person is a member, whatever it is lent.
    const everywhere = caller.scopes.includes("admin:everywhere") && caller.credential.kind !== "session";
    const rows = await tx((db) => listOrganizations(db, { person: caller.person, everywhere }));
    return { items: rows.map(view), next: null };
  });

  route(app, deps, api.organizations.get, ({ params, caller, tx }) =>
    tx(async (db) => {
      const own = await ownOf(db, caller, params.organization);
      const { items } = await viewQuotas(db, caller.org);
      return { ...view(own), ...(await countsOfOrganization(db, caller.org)), quotas: items };
    }),
  );

  route(app, deps, api.organizations.rename, ({ params, body, caller, tx }) =>
    tx(async (db) => {
      await ownOf(db, caller, params.organization);
      if (!(await renameOrganization(db, caller.org, body.name)))
        throw new NameTakenError("an organization", body.name);
      return view(await ownOf(db, caller, params.organization));
    }),
  );

  route(app, deps, api.organizations.remove, async ({ params, query, caller, tx }) => {
    // Nobody who asked can sign in afterwards; this is what they look it up by.
    const receipt = randomBytes(24).toString("base64url");
    const organization = await tx(async (db) => {
      const own = await ownOf(db, caller, params.organization);
      if (!caller.roles.some(({ role, project }) => role === "owner" && project === null)) throw new OwnersOnlyError();
      if (query.confirm !== own.name) throw new NameNotConfirmedError();
      const all = await listOrganizations(db, { person: null, everywhere: true });
      if (all.filter(({ state }) => state === "active").length < 2) throw new LastOrganizationError();
      const { liveRuns: runs } = await countsOfOrganization(db, caller.org);
      if (runs > 0 && !query.cancel)
        throw new PlaceInUseError("The organization", { runs }, "Let them end, or delete it with --cancel.");
      if (!(await beginErasure(db, { org: caller.org, tokenHash: tokenHash(receipt), actor: caller.actor })))
        throw new NotFoundError();
      return ownOf(db, caller, params.organization);
    });
    return { organization: view(organization), receipt };
  });

  route(app, deps, api.erasures.list, async ({ tx }) => ({
    items: (await tx((db) => findErasures(db, "everywhere"))).map(receiptView),
    next: null,
  }));

  // Who deleted an organization has no key any more, so what they were given must do.
  const { get } = api.erasures;
  app.get(apiPrefix + get.path, { config: { access: "public", endpoint: get } }, async (request) => {
    const { receipt } = parsePart(get.params, request.params, "path") as { receipt: string };
    const [found] = await findErasures(deps.pool, { tokenHash: tokenHash(receipt) });
    if (found === undefined) throw new NotFoundError();
    return receiptView(found);
  });
}

function tokenHash(receipt: string): Buffer {
  return createHash("sha256").update(receipt).digest();
}

/** @throws NotFoundError for any but the caller's own */
async function ownOf(db: Queryable, caller: Caller, organization: string): Promise<OrganizationRow> {
  const rows = organization === caller.org ? await listOrganizations(db, { person: null, everywhere: false }) : [];
  const own = rows.find(({ id }) => id === organization);
  if (own === undefined) throw new NotFoundError();
  return own;
}

function view({ createdAt, ...row }: OrganizationRow): OrganizationView {
  return { ...row, createdAt: createdAt.toISOString() };
}

function receiptView(row: ErasureRow): ErasureReceipt {
  return {
    organization: { id: row.organization, name: row.name },
    state: row.erasedAt === null ? "deleting" : "erased",
    actor: row.actor,
    startedAt: row.startedAt.toISOString(),
    erasedAt: row.erasedAt?.toISOString() ?? null,
    tables: row.counts,
    blobs: row.blobs,
    document: row.receipt,
    signature: row.signature === null ? null : (JSON.parse(row.signature) as { kid: string; signature: string }),
  };
}
