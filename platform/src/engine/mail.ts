import type { ErrorData } from "@gantry/sdk";
import { factsOfRun, type FindStanding } from "../policy/index.ts";
import { readInbox, type InboxRow } from "../store/journal/inbox.ts";
import type { Queryable } from "../store/queryable.ts";
import type { PendingInput } from "./owned-run.ts";

/** A message, and why it isn't carried out; null: it is. */
export type Mail = InboxRow & { refusal: ErrorData | null };

/**
 * Unhandled messages, oldest first, as `readInbox` finds them. What was sent to many runs at once is decided here for each at its own
 * place: its sender may have lost a role since, or never had it there.
 */
export async function readMail(
  { db, findStanding }: { db: Queryable; findStanding: FindStanding },
  session: string,
  runs?: readonly string[],
): Promise<Mail[]> {
  const rows = await readInbox(db, session, runs);
  const standings = new Map<string, ReturnType<FindStanding>>();
  return Promise.all(
    rows.map(async (row) => {
      const { undecided, command, run } = row;
      if (row.barred || undecided === null)
        return { ...row, refusal: row.barred ? disabled(command.actor.name) : null };
      const { org, credential, ...at } = undecided;
      const key = JSON.stringify([org, command.actor.id, credential]);
      const standing =
        standings.get(key) ?? findStanding(db, { org, actor: command.actor.id, credential, breakGlass: true });
      standings.set(key, standing);
      const decide = await standing;
      const { allowed, policies, reasons } = decide(`runs.${command.kind}`, (of, rules) =>
        factsOfRun(of, rules, { ...at, run }),
      );
      if (allowed) return { ...row, refusal: null };
      const message = `${command.actor.name} may not do this to the run (${policies.join(", ")}). ${reasons.join(" ")}`;
      return { ...row, refusal: { code: "forbidden", message, retryable: false } };
    }),
  );
}

/**
 * What a message means for its run. Rights count when a command is carried out: one of somebody who was disabled after
 * sending it is refused. What has begun is reported by workers, never by people, so nothing is lost by that.
 */
export function inputOfMail({ id, command, refusal }: Mail): PendingInput {
  if (refusal === null || command.kind === "report") return { input: command, message: id };
  return { input: { kind: "advance" }, message: id, answer: refusal };
}

function disabled(name: string): ErrorData {
  const message = `${name} was disabled before the command was carried out. Somebody else must send it.`;
  return { code: "actor_disabled", message, retryable: false };
}
