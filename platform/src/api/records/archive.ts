import { Readable } from "node:stream";
import type { Digest } from "@gantry/sdk";
import { api, type ArchiveEntry } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { verifyEntries } from "../../retention/index.ts";
import { entriesFrom, findEntry, listEntries, type ArchivedRow } from "../../store/records/archive.ts";
import type { Queryable } from "../../store/organization.ts";
import { readCursor, signCursor } from "../http/cursor.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { route, sent } from "../http/route.ts";

/** Runs that were purged: what is known of them, their history, and whether it is still what was written. */
export function archiveRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.archive.list, async ({ query: { limit, cursor }, caller, tx }) => {
    const belongsTo = ["archive", caller.org];
    const before = cursor === undefined ? null : (readCursor(deps.keyring, belongsTo, cursor) as number);
    const found = await tx((db) => listEntries(db, caller.org, before, limit + 1));
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const next = last === undefined ? null : signCursor(deps.keyring, belongsTo, last.ordinal);
    return { items: page.map(view), next };
  });

  route(app, deps, api.archive.get, async ({ params, tx }) => view(await tx((db) => requireEntry(db, params.run))));

  route(app, deps, api.archive.content, async ({ params, caller, reply, tx }) => {
    const { digest } = await tx((db) => requireEntry(db, params.run));
    reply
      .header("content-type", "application/x-ndjson")
      .header("content-disposition", `attachment; filename="${params.run}.ndjson"`)
      .header("cache-control", "private, no-store")
      .header("etag", `"${digest}"`);
    await reply.send(Readable.from(deps.blobs.get(caller.org, digest), { objectMode: false }));
    return sent;
  });

  route(app, deps, api.archive.verify, async ({ query: { after, limit }, caller, tx }) => {
    // From `after` itself on, as it is what the next one has to follow; one more tells whether there are more.
    const found = await tx((db) => entriesFrom(db, caller.org, after, limit + 2));
    const [first] = found;
    const before = after > 0 && first?.ordinal === after ? { ordinal: after, hash: first.hash } : null;
    const rest = found.filter(({ ordinal }) => ordinal > after);
    const verified = await verifyEntries(deps.blobs, caller.org, before, rest.slice(0, limit));
    return { ...verified, more: rest.length > limit };
  });
}

async function requireEntry(db: Queryable, run: string): Promise<ArchivedRow & { digest: Digest }> {
  const found = await findEntry(db, run);
  if (found === null) throw new NotFoundError();
  return found;
}

function view({ entry, hash }: ArchivedRow): ArchiveEntry {
  return { ...entry, hash };
}
