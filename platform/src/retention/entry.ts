import { digestOf, type Actor, type Digest } from "@gantry/sdk";
import type { ArchiveEntry } from "@gantry/sdk/api";
import type { HashedEntry, RunFacts } from "../store/records/archive.ts";

/** Before the first entry. */
export const chainStart = `sha256:${"0".repeat(64)}`;

/** The next entry of an organization's chain. */
export function nextEntry(
  last: { ordinal: number; hash: string } | null,
  {
    run,
    facts,
    content,
    rule,
    at,
  }: {
    run: string;
    facts: RunFacts;
    content: { digest: Digest; bytes: number; lines: Record<string, number> };
    rule: { keepDays: number; setBy: Actor | null };
    at: Date;
  },
): ArchiveEntry {
  const { seq: _, createdAt, finishedAt, ...about } = facts;
  const entry: HashedEntry = {
    format: 1,
    ordinal: (last?.ordinal ?? 0) + 1,
    run,
    ...about,
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    ...content,
    archivedAt: at.toISOString(),
    rule,
    previous: last?.hash ?? chainStart,
  };
  return { ...entry, hash: digestOf(entry) };
}
