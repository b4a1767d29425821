import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { api, apiPrefix, type PersonReceipt } from "@gantry/sdk/api";
import type { FastifyInstance, FastifyReply } from "fastify";
import { findPerson } from "../../auth/index.ts";
import { findActor } from "../../store/access/actors.ts";
import type { Queryable } from "../../store/organization.ts";
import {
  beginPersonErasure,
  findPersonReceipts,
  lastOwnerCode,
  type PersonReceiptRow,
} from "../../store/access/person-erasures.ts";
import { placesOfPerson } from "../../store/access/person-export.ts";
import type { Caller } from "./caller.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { exportActor, exportPerson } from "../records/export-person.ts";
import { assertMayManage } from "./grant-rules.ts";
import { parsePart } from "../http/parse.ts";
import { route, sent } from "../http/route.ts";
import { LastOwnerError, NameNotConfirmedError, SessionNeededError } from "../organization/tenancy-errors.ts";

/** What is stored about a person, and its end: their own right, an administrator's in the organization, the operator's everywhere. */
export function peopleRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.people.exportMine, async ({ caller, reply, tx }) => {
    const { person, org, actor } = caller;
    if (person === null)
      return send(reply, actor.name, exportActor(deps, { org, actor: actor.id, names: [actor.name] }));
    const places = await tx((db) => placesOfPerson(db, person));
    return send(reply, actor.name, exportPerson(deps, { person, places }));
  });

  route(app, deps, api.people.exportActor, async ({ params, caller, reply, tx }) => {
    const actor = await tx((db) => requirePerson(db, params.actor));
    return send(reply, actor.name, exportActor(deps, { org: caller.org, actor: actor.id, names: [actor.name] }));
  });

  route(app, deps, api.people.exportPerson, async ({ params: { person }, reply, tx }) => {
    const known = await findPerson(deps.authPool, { id: person });
    const places = await tx((db) => placesOfPerson(db, person));
    if (known === null && places.length === 0) throw new NotFoundError();
    return send(reply, person, exportPerson(deps, { person, places }));
  });

  route(app, deps, api.people.eraseMe, async ({ body, caller, tx, id }) => {
    const { person, credential } = caller;
    // A key that somebody finds must not be enough to erase its owner.
    if (person === null || credential.kind !== "session") throw new SessionNeededError();
    const known = await findPerson(deps.authPool, { id: person });
    if (known === null || known.email !== body.confirm.toLowerCase())
      throw new NameNotConfirmedError("the person's e-mail address");
    return tx((db) => begin(db, { id, org: null, wanted: person }, caller));
  });

  route(app, deps, api.people.eraseActor, ({ params, body, caller, tx, id }) =>
    tx(async (db) => {
      const actor = await requirePerson(db, params.actor);
      await assertMayManage(db, caller, actor.id);
      if (actor.name !== body.confirm) throw new NameNotConfirmedError("the person's name");
      return begin(db, { id, org: caller.org, wanted: actor.id }, caller);
    }),
  );

  route(app, deps, api.people.erasePerson, async ({ params: { person }, body, caller, tx, id }) => {
    const known = await findPerson(deps.authPool, { id: person });
    if (known === null) throw new NotFoundError();
    if (known.email !== body.confirm.toLowerCase()) throw new NameNotConfirmedError("the person's e-mail address");
    return tx((db) => begin(db, { id, org: null, wanted: person }, caller));
  });

  route(app, deps, api.personErasures.list, async ({ caller, tx }) => {
    const everywhere = caller.scopes.includes("admin:everywhere");
    const rows = await tx((db) => findPersonReceipts(db, { org: caller.org, everywhere }));
    return { items: rows.map(view), next: null };
  });

  const { get } = api.personErasures;
  app.get(apiPrefix + get.path, { config: { access: "public", endpoint: get } }, async (request) => {
    const { receipt } = parsePart(get.params, request.params, "path") as { receipt: string };
    const [found] = await findPersonReceipts(deps.pool, { tokenHash: tokenHash(receipt) });
    if (found === undefined) throw new NotFoundError();
    return view(found);
  });
}

async function send(reply: FastifyReply, name: string, lines: AsyncGenerator<string>): Promise<typeof sent> {
  reply
    .header("content-type", "application/x-ndjson")
    .header("content-disposition", `attachment; filename="${name.replaceAll(/[^\w.-]/g, "_")}.ndjson"`)
    .header("cache-control", "private, no-store");
  await reply.send(Readable.from(lines, { objectMode: false }));
  return sent;
}

/** @throws NotFoundError for programs, too: they are disabled. */
async function requirePerson(db: Queryable, id: string): Promise<{ id: string; name: string }> {
  const actor = await findActor(db, id);
  if (actor === null || actor.kind !== "user") throw new NotFoundError();
  return actor;
}

async function begin(
  db: Queryable,
  erasure: { id: string; org: string | null; wanted: string },
  { actor }: Caller,
): Promise<{ erasure: string; pseudonym: string; receipt: string }> {
  // Whoever was erased can't sign in any more; this is what they look it up by.
  const receipt = randomBytes(24).toString("base64url");
  const askedBy = { kind: actor.kind, id: actor.id };
  const begun = await beginPersonErasure(db, { ...erasure, tokenHash: tokenHash(receipt), askedBy }).catch(
    (error: Error & { code?: string }) => {
      if (error.code === lastOwnerCode) throw new LastOwnerError();
      throw error;
    },
  );
  if (!begun) throw new NotFoundError();
  return { erasure: erasure.id, pseudonym: `erased-${erasure.id.slice(-12)}`, receipt };
}

function tokenHash(receipt: string): Buffer {
  return createHash("sha256").update(receipt).digest();
}

function view({ startedAt, erasedAt, receipt, signature, ...row }: PersonReceiptRow): PersonReceipt {
  return {
    ...row,
    state: erasedAt === null ? "erasing" : "erased",
    startedAt: startedAt.toISOString(),
    erasedAt: erasedAt?.toISOString() ?? null,
    document: receipt,
    signature: signature === null ? null : (JSON.parse(signature) as PersonReceipt["signature"]),
  };
}
