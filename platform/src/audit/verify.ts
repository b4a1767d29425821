import { createHash } from "node:crypto";
import type { Signer } from "../signing/index.ts";
import {
  readPurgedLeaves,
  readRedactions,
  readSeals,
  readTrail,
  type SealRow,
  type TrailRow,
} from "../store/records/audit-seals.ts";
import type { Queryable } from "../store/queryable.ts";
import { compareWithSeal, type Difference } from "./compare.ts";
import { sealHash, sealText } from "./seal.ts";

export interface TrailProblem {
  kind:
    | "edited"
    | "deleted"
    | "inserted"
    | "reordered"
    | "forked"
    | "seal_missing"
    | "seal_changed"
    | "signature"
    | "truncated"
    | "redacted_unrecorded";
  /** The seal that shows it. */
  seal: number;
  /** `event <run>/<seq>` or `record <id>`; null where the seal itself is meant, or what was deleted can't be named. */
  what: string | null;
  message: string;
  /** When it was sealed: between the seal before and this one. */
  from: Date | null;
  to: Date;
}

export interface TrailVerdict {
  problems: TrailProblem[];
  seals: number;
  rows: number;
  /** Events of runs that retention purged, and records whose content was taken out: what is gone for a reason on record. */
  purged: number;
  redacted: number;
  /** Keep it elsewhere: with it nobody can cut the end off, or write the trail anew, unnoticed. */
  head: { n: number; hash: string } | null;
}

/** Seals read at a time, and the most problems that are told. */
const page = 50;
const mostProblems = 1_000;

/** Computes everything anew, from the rows as they stand, and says what isn't as it was sealed. Reads only. */
export async function verifyTrail(
  deps: { db: Queryable; signer: Signer },
  org: string,
  { head }: { head?: { n: number; hash: string } } = {},
): Promise<TrailVerdict> {
  const { db, signer } = deps;
  const keys = new Map((await signer.keys()).map((key) => [key.kid, key]));
  const purged = new Map(
    (await readPurgedLeaves(db, org)).flatMap(({ run, leaves }) => split(leaves).map((leaf) => [leaf, run] as const)),
  );
  const redactions = await readRedactions(db, org);
  const verdict: TrailVerdict = { problems: [], seals: 0, rows: 0, purged: 0, redacted: 0, head: null };
  const missing: Missing[] = [];
  const unknown: Unknown[] = [];
  let before: SealRow | null = null;
  const add = (kind: TrailProblem["kind"], seal: SealRow, what: string | null, message: string): void => {
    if (verdict.problems.length < mostProblems)
      verdict.problems.push({ kind, seal: seal.n, what, message, from: before?.sealedAt ?? null, to: seal.sealedAt });
  };
  for (;;) {
    const seals = await readSeals(db, org, before?.n ?? 0, page);
    for (const seal of seals) {
      const text = sealText(seal);
      if (seal.n !== (before?.n ?? 0) + 1)
        add("seal_missing", seal, null, `Seals ${(before?.n ?? 0) + 1} to ${seal.n - 1} are gone.`);
      else if (seal.prev !== (before?.hash ?? null) || seal.from !== (before?.to ?? "0"))
        add("forked", seal, null, `Seal ${seal.n} doesn't follow from seal ${before?.n ?? 0}.`);
      if (sealHash(text) !== seal.hash) add("seal_changed", seal, null, `Seal ${seal.n} was changed.`);
      const key = keys.get(seal.kid);
      const good = key !== undefined && (await signer.verify(seal.kid, text, seal.signature, seal.sealedAt.getTime()));
      if (!good) add("signature", seal, null, `Seal ${seal.n} isn't signed by a key of this installation.`);
      if (head?.n === seal.n && head.hash !== seal.hash)
        add("forked", seal, null, `Seal ${seal.n} isn't the one that was kept elsewhere.`);
      if (seal.leaves === null || createHash("sha256").update(seal.leaves).digest("hex") !== seal.digest)
        add("seal_changed", seal, null, `The hashes of seal ${seal.n} were changed or are gone.`);
      const rows = await readTrail(db, org, seal.from, seal.to);
      verdict.seals += 1;
      verdict.rows += rows.length;
      const all = seal.leaves === null ? [] : split(seal.leaves);
      const present = new Set(rows.map(({ leaf }) => leaf.toString("hex")));
      const leaves = all.filter((leaf) => present.has(leaf) || !purged.has(leaf));
      verdict.purged += all.length - leaves.length;
      for (const difference of compareWithSeal(leaves, rows)) {
        if (difference.kind === "missing") {
          missing.push({ seal, before, ...difference });
        } else if (difference.kind === "reordered") {
          add("reordered", seal, nameOf(difference.row), `${nameOf(difference.row)} isn't where it was.`);
        } else if (difference.kind === "edited" && isRedacted(difference.row, redactions)) {
          verdict.redacted += 1;
          if (!redactions.has(nameOf(difference.row)))
            add(
              "redacted_unrecorded",
              seal,
              nameOf(difference.row),
              `${nameOf(difference.row)} lost its content, and no record says why.`,
            );
        } else unknown.push({ seal, before, ...difference });
      }
      before = seal;
    }
    if (seals.length < page) break;
  }
  const newest = before;
  settle(add, missing, unknown, (one) => (before = one));
  if (head !== undefined && head.n > (newest?.n ?? 0)) {
    before = newest;
    const at = newest ?? ({ n: 0, sealedAt: new Date(0) } as SealRow);
    add("truncated", at, null, `Seals up to ${head.n} were there once; the last one now is ${at.n}.`);
  }
  verdict.head = newest === null ? null : { n: newest.n, hash: newest.hash };
  return verdict;
}

/** Whether content was taken out of it: all of it, or some, and then what is left is what the record of that states. */
function isRedacted(row: TrailRow, redactions: ReadonlyMap<string, string | null>): boolean {
  const stated = redactions.get(nameOf(row)) ?? null;
  return stated === null ? row.redacted : stated === row.leaf.toString("hex");
}

type Found<Kind extends Difference["kind"]> = { seal: SealRow; before: SealRow | null } & Difference & { kind: Kind };
type Missing = Found<"missing">;
type Unknown = Found<"edited"> | Found<"inserted">;

/** What is missing in one seal and too much in another was moved. */
function settle(
  add: (kind: TrailProblem["kind"], seal: SealRow, what: string | null, message: string) => void,
  missing: readonly Missing[],
  unknown: readonly Unknown[],
  at: (before: SealRow | null) => void,
): void {
  const lost = new Map<string, Missing | Found<"edited">>(missing.map((one) => [one.leaf, one]));
  for (const one of unknown) if (one.kind === "edited") lost.set(one.leaf, one);
  for (const { row, ...one } of unknown) {
    at(one.before);
    const leaf = row.leaf.toString("hex");
    const from = lost.get(leaf);
    if (from !== undefined) {
      lost.delete(leaf);
      add("reordered", one.seal, nameOf(row), `${nameOf(row)} was moved here from seal ${from.seal.n}.`);
      continue;
    }
    add(
      one.kind,
      one.seal,
      nameOf(row),
      `${nameOf(row)} ${one.kind === "edited" ? "was edited" : "was put in later"}.`,
    );
    if (one.kind === "edited") lost.delete(one.leaf);
  }
  for (const one of lost.values()) {
    at(one.before);
    const beside = (one.kind === "missing" ? one.beside : [one.row]).map(nameOf);
    add("deleted", one.seal, null, `Something was deleted beside ${beside.join(" and ") || "nothing that is left"}.`);
  }
}
function nameOf({ kind, id, seq }: TrailRow): string {
  return kind === "event" ? `event ${id}/${seq}` : `record ${id}`;
}

function split(leaves: Buffer): string[] {
  return Array.from({ length: leaves.length / 32 }, (_, at) => leaves.toString("hex", at * 32, at * 32 + 32));
}
