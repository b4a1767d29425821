import { canonicalJson, platformActor, type Json, type JsonObject } from "@gantry/sdk";
import { writeAudit } from "../store/records/audit-records.ts";
import {
  countArchivesOf,
  endPersonErasure,
  eraseMemories,
  eraseNames,
  eventsOfActor,
  lockPersonErasure,
  notePersonErasure,
  recordsOfPerson,
  rewriteAudit,
  type OpenPersonErasure,
  type PersonEvent,
  type PersonRecord,
} from "../store/access/person-erasures.ts";
import { inTransaction } from "../store/transaction.ts";
import type { ErasureDeps } from "./erase-organization.ts";

type Deps = Omit<ErasureDeps, "blobs">;

const runsAtOnce = 100;
const recordsAtOnce = 200;
const firstId = "00000000-0000-0000-0000-000000000000";
/** What stands where somebody wrote something. */
const erasedText = "[erased]";

/**
 * Replaces the person's name by the pseudonym, and what they wrote by nothing, in every place where they were; then leaves a signed
 * receipt. It may be stopped at any moment: what still names them is found again. Runs that go on, and what isn't sealed yet, is waited for.
 * @returns whether nothing names them any more.
 */
export async function erasePerson(deps: Deps, one: OpenPersonErasure, signal?: AbortSignal): Promise<boolean> {
  const { counts } = one;
  const kept: Record<string, number> = {};
  const count = (into: Record<string, number>, what: string, n: number) => {
    if (n > 0) into[what] = (into[what] ?? 0) + n;
  };
  let waiting = false;
  for (const { org, actor } of one.places) {
    count(counts, "names", await eraseNames(deps.pool, one.id, org));
    count(counts, "memories", await eraseMemories(deps.pool, one.id, org));
    for (let after: string | null = firstId; after !== null;) {
      if (signal?.aborted === true) return false;
      const { pseudonym, names } = one;
      const { events, last } = await eventsOfActor(deps.pool, { org, actor, pseudonym, names }, after, runsAtOnce);
      const free: { ended: boolean; content: object }[] = [];
      for (const event of events) {
        const content = eventOf(event, { ids: [actor], names, pseudonym });
        const bound = boundAs(event);
        if (bound !== null) count(kept, bound, 1);
        else if (content !== null) free.push({ ended: event.ended, content });
      }
      const ended = free.filter((event) => event.ended).map(({ content }) => content);
      const rewritten = await rewrite(deps, one, org, ended);
      count(counts, "events", rewritten);
      waiting ||= rewritten < free.length;
      after = last;
    }
    count(kept, "archives", await countArchivesOf(deps.pool, org, actor));
  }
  const scopes: { org: string | null; ids: string[] }[] = one.places.map(({ org, actor }) => ({ org, ids: [actor] }));
  if (one.organization === null && one.person !== null) {
    for (const scope of scopes) scope.ids.push(one.person);
    scopes.push({ org: null, ids: [one.person, ...one.places.map(({ actor }) => actor)] });
  }
  for (const { org, ids } of scopes) {
    for (;;) {
      if (signal?.aborted === true) return false;
      const records = await recordsOfPerson(deps.pool, { org, ids, names: one.names }, recordsAtOnce);
      const sealed = records.filter((record) => record.sealed).map((record) => recordOf(record, { ...one, ids }));
      const rewritten = await rewrite(deps, one, org, sealed);
      count(counts, "auditRecords", rewritten);
      waiting ||= rewritten < records.length;
      if (rewritten < recordsAtOnce) break;
    }
  }
  await notePersonErasure(deps.pool, { id: one.id, counts, kept });
  return !waiting && leaveReceipt(deps, { ...one, counts, kept });
}

/** A change set that was hashed and a decision that was signed prove nothing any more once a letter of them differs. */
function boundAs({ type, data }: PersonEvent): "changeSets" | "signedDecisions" | null {
  if (type === "change_set.created") return "changeSets";
  const isDecision = type === "approval.recorded" || type === "change_set.rejected";
  return isDecision && typeof data["record"] === "string" ? "signedDecisions" : null;
}

async function rewrite(
  { pool, newId }: Deps,
  { id }: OpenPersonErasure,
  org: string | null,
  contents: object[],
): Promise<number> {
  if (contents.length === 0) return 0;
  return rewriteAudit(pool, { org, contents, who: platformActor, why: `Erasure ${id}`, record: newId() });
}

interface Whom {
  ids: readonly string[];
  names: readonly string[];
  pseudonym: string;
}

/** Null: it doesn't name them after all. */
function eventOf({ run, seq, actor, data }: PersonEvent, whom: Whom): object | null {
  if (!whom.ids.includes(actor.id)) {
    const hidden = replaceNames(data, whom);
    return canonicalJson(hidden) === canonicalJson(data) ? null : { run, seq, actor, data: hidden };
  }
  const written = Object.entries(data).map(([name, value]) => [
    name,
    (name === "reason" || name === "text") && typeof value === "string" ? erasedText : replaceNames(value, whom),
  ]);
  return { run, seq, actor: { ...actor, name: whom.pseudonym }, data: Object.fromEntries(written) as JsonObject };
}

function recordOf(
  { id, actor, onBehalfOf, target, reason, details, source }: PersonRecord,
  { ids, names, pseudonym }: Whom,
): object {
  const about = JSON.stringify([actor["id"], onBehalfOf, target]);
  const isAbout = ids.some((one) => about.includes(one));
  const hide = (value: Json): Json => replaceNames(value, { ids, names, pseudonym }, isAbout);
  const own = ids.some((one) => one === actor["id"] || one === actor["person"]);
  const { person: _, ...plain } = actor;
  return {
    id,
    actor: own ? { ...plain, name: pseudonym } : hide(actor),
    on_behalf_of: hide(onBehalfOf),
    target: hide(target),
    reason: own || names.some((name) => isAddress(name) && reason?.includes(name)) ? null : reason,
    details: hide(details),
    source: own && source !== null ? { credential: source["credential"] ?? null } : source,
  };
}

/**
 * The name beside their id, and an address wherever it stands alone, however deep. Any other name may be a word like any other: it
 * is replaced where everything is about them.
 */
function replaceNames(value: Json, whom: Whom, isAbout = false): Json {
  if (typeof value === "string")
    return whom.names.includes(value) && (isAbout || isAddress(value)) ? whom.pseudonym : value;
  if (Array.isArray(value)) return value.map((one: Json) => replaceNames(one, whom, isAbout));
  if (value === null || typeof value !== "object") return value;
  const content = value as JsonObject;
  const theirs = isAbout || whom.ids.some((one) => one === content["id"]);
  return Object.fromEntries(
    Object.entries(content).map(([name, one]) => [
      name,
      replaceNames(one, whom, isAbout || (theirs && (name === "name" || name === "requester"))),
    ]),
  );
}

function isAddress(name: string): boolean {
  return name.includes("@");
}

async function leaveReceipt({ pool, signer, now, newId }: Deps, one: OpenPersonErasure): Promise<boolean> {
  return inTransaction(pool, async (tx) => {
    if (!(await lockPersonErasure(tx, one.id))) return true;
    const at = new Date(now());
    const receipt = canonicalJson(documentOf(one, at));
    const signature = JSON.stringify(await signer.sign(Buffer.from(receipt)));
    for (const { org, actor } of one.places)
      await writeAudit(tx, {
        id: newId(),
        org,
        actor: platformActor,
        action: "people.erased",
        target: { erasure: one.id, actor, pseudonym: one.pseudonym },
      });
    await endPersonErasure(tx, { id: one.id, receipt, signature, at });
    return true;
  });
}

/** What stays, and why: the same for everybody, with the numbers of this one beside it. */
const reasons: Readonly<Record<string, string>> = {
  signedDecisions:
    "Approvals and rejections stay as they were signed, name and reason included: they prove who answered for a change. They go with their runs.",
  changeSets:
    "Change sets stay as they were hashed and approved, with those who had a hand in them. They go with their runs.",
  archives:
    "Archives of purged runs are bound by a chain of hashes and can't be rewritten. They go as retention of archives says.",
  pseudonym: "Records keep ids, actions and times under the pseudonym: the audit trail must stay whole.",
  backups:
    "Backups made before hold the person until they are removed; restored, the erasure has to be asked for again.",
  texts: "Names within texts that others wrote, outputs and logs of tools aren't searched; they go with their runs.",
};

function documentOf(one: OpenPersonErasure, at: Date): JsonObject {
  return {
    type: "gantry.person.erased",
    version: 1,
    erasure: one.id,
    organization: one.organization,
    pseudonym: one.pseudonym,
    askedFor: { by: one.askedBy, at: one.startedAt.toISOString() },
    erasedAt: at.toISOString(),
    organizations: one.places.length,
    signIn: one.organization === null ? "erased" : "the person's own, kept",
    erased: one.counts,
    kept: Object.entries(reasons).map(([what, why]) => ({ what, why, count: one.kept[what] ?? null })),
  };
}
