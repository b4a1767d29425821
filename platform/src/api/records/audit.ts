import { Readable } from "node:stream";
import { api } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { lineFormat, verifyTrail } from "../../audit/index.ts";
import { listAudit, type AuditPosition, type AuditSearch } from "../../store/records/audit-list.ts";
import { writeAudit } from "../../store/records/audit-records.ts";
import { lastSeal } from "../../store/records/audit-seals.ts";
import { inOrganization, noOrganization, type Queryable } from "../../store/organization.ts";
import { whoOf } from "../http/audit-call.ts";
import { requireScope, type Caller } from "../access/caller.ts";
import { readCursor, signCursor } from "../http/cursor.ts";
import type { ApiDeps } from "../deps.ts";
import { route, sent } from "../http/route.ts";

const exportPage = 1_000;
type Listed = Awaited<ReturnType<typeof listAudit>>;

/** Who did what, whether that is still what was written, and all of it for other programs. */
export function auditRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.audit.list, async ({ query: { limit, cursor, scope, ...given }, caller }) => {
    const org = placeOf(caller, scope);
    const search = searchOf(given);
    const belongsTo = ["audit", org, { ...search }];
    const before =
      cursor === undefined ? null : (readCursor(deps.keyring, belongsTo, cursor) as unknown as AuditPosition);
    const found = await inOrganization(deps.pool, org, (db) => listAudit(db, org, search, before, limit + 1));
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const next = last === undefined ? null : signCursor(deps.keyring, belongsTo, { ...last.position });
    return { items: page.map(({ entry }) => entry), next };
  });

  route(app, deps, api.audit.export, async ({ query: { scope, format, ...given }, caller, request, reply }) => {
    const org = placeOf(caller, scope);
    const search = searchOf(given);
    const write = lineFormat(format, deps.config.version);
    // Who takes the trail along is part of it.
    await inOrganization(deps.pool, caller.org, (db) =>
      writeAudit(db, {
        id: deps.newId(),
        ...whoOf(caller, request),
        action: api.audit.export.id,
        target: { scope },
        details: { format, ...search },
      }),
    );
    reply
      .header("content-type", `${write.type}; charset=utf-8`)
      .header("content-disposition", `attachment; filename="audit.${write.extension}"`)
      .header("cache-control", "private, no-store");
    const lines = async function* (): AsyncGenerator<string> {
      yield write.header;
      for (let before: AuditPosition | null = null; ;) {
        const at: AuditPosition | null = before;
        const page: Listed = await inOrganization(deps.pool, org, (db) => listAudit(db, org, search, at, exportPage));
        yield page.map(({ entry }) => write.line(entry)).join("");
        before = page.at(-1)?.position ?? null;
        if (page.length < exportPage) return;
      }
    };
    await reply.send(Readable.from(lines(), { objectMode: false }));
    return sent;
  });

  route(app, deps, api.audit.verify, async ({ query: { scope, head }, caller, request }) => {
    const org = placeOf(caller, scope);
    const [n = "", hash = ""] = head?.split(":") ?? [];
    // Piece by piece: all of it takes longer than a transaction may.
    const query = (text: string, values: unknown[]) => inOrganization(deps.pool, org, (tx) => tx.query(text, values));
    const db = { query } as unknown as Queryable;
    const { problems, ...counts } = await verifyTrail(
      { db, signer: deps.signer },
      org,
      head === undefined ? {} : { head: { n: Number(n), hash } },
    );
    const intact = problems.length === 0;
    // Who looked, up to where, and what they found, is part of the trail.
    await inOrganization(deps.pool, caller.org, (write) =>
      writeAudit(write, {
        id: deps.newId(),
        ...whoOf(caller, request),
        action: api.audit.verify.id,
        target: { scope },
        result: intact ? "allowed" : "failed",
        details: { intact, problems: problems.length, ...counts },
      }),
    );
    return {
      intact,
      problems: problems.map(({ from, to, ...rest }) => ({
        ...rest,
        from: from?.toISOString() ?? null,
        to: to.toISOString(),
      })),
      ...counts,
    };
  });

  route(app, deps, api.audit.head, async ({ query: { scope }, caller }) => {
    const org = placeOf(caller, scope);
    const seal = await inOrganization(deps.pool, org, (db) => lastSeal(db, org));
    return { head: seal && { n: seal.n, hash: seal.hash }, sealedAt: seal?.sealedAt.toISOString() ?? null };
  });
}

/** @throws ScopeMissingError */
function placeOf(caller: Caller, scope: "organization" | "installation"): string {
  if (scope === "organization") return caller.org;
  requireScope(caller, "admin:everywhere");
  return noOrganization;
}

function searchOf(given: { [Name in keyof AuditSearch]?: string | undefined }): AuditSearch {
  const { id = null, from = null, to = null, actor = null, action = null, run = null } = given;
  const { project = null, environment = null, result = null } = given;
  return { id, from, to, actor, action, run, project, environment, result };
}
