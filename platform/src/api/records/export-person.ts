import { findPerson } from "../../auth/index.ts";
import { inOrganization, noOrganization, type Queryable } from "../../store/organization.ts";
import { actorParts, personParts, readPart, signInPart, type ExportPart } from "../../store/access/person-export.ts";
import { inTransaction } from "../../store/transaction.ts";
import type { ApiDeps } from "../deps.ts";

type Deps = Pick<ApiDeps, "pool" | "authPool">;

const linesAtOnce = 500;

/** What one organization stores about one of its actors: lines of JSON. */
export async function* exportActor(
  { pool }: Deps,
  { org, actor, names }: { org: string; actor: string; names: readonly string[] },
): AsyncGenerator<string> {
  for (const part of actorParts)
    yield* linesOf((work) => inOrganization(pool, org, work), part, { subject: actor, names, organization: org });
}

/** What the installation stores about a person: their sign-in, and what each of their organizations has. */
export async function* exportPerson(
  deps: Deps,
  { person, places }: { person: string; places: readonly { org: string; actor: string }[] },
): AsyncGenerator<string> {
  const { pool, authPool } = deps;
  const known = await findPerson(authPool, { id: person });
  const names = known === null ? [] : [known.email];
  for (const part of personParts)
    yield* linesOf((work) => inTransaction(authPool, work), part, { subject: person, names });
  yield* linesOf((work) => inOrganization(pool, noOrganization, work), signInPart, { subject: person, names });
  for (const { org, actor } of places) yield* exportActor(deps, { org, actor, names });
}

/** A page a transaction, so that none is open for as long as somebody reads. */
async function* linesOf(
  within: <T>(work: (db: Queryable) => Promise<T>) => Promise<T>,
  part: ExportPart,
  { organization, ...of }: { subject: string; names: readonly string[]; organization?: string },
): AsyncGenerator<string> {
  for (let after = ""; ;) {
    const rows = await within((db) => readPart(db, part, of, after, linesAtOnce));
    for (const { line } of rows) {
      const { key: _, ...content } = line;
      const where = organization === undefined ? {} : { organization };
      yield `${JSON.stringify({ kind: part.kind, ...where, ...content })}\n`;
    }
    if (rows.length < linesAtOnce) return;
    after = rows.at(-1)?.key ?? after;
  }
}
