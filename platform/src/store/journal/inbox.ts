import type { Actor, Json } from "@gantry/sdk";
import type { Approver, RunCommand } from "@gantry/sdk/core";
import { readApprovers, type DecisionAsked } from "../runs/approvers.ts";
import type { Queryable } from "../queryable.ts";

/** A command without its sender and what the database says of them, as it lies in the inbox: `kind` and the rest of its fields. */
export type Message = RunCommand extends infer Command
  ? Command extends RunCommand
    ? Omit<Command, "actor" | keyof Approver>
    : never
  : never;

/**
 * Tells a run something, in the caller's transaction, and makes sure that somebody looks. Only the run's owner turns it
 * into events, so it can't race with anything. Send `workChannel` after the commit.
 * @returns false when there is no such run (for this organization).
 */
export async function sendMessage(
  db: Queryable,
  { id, run, message, actor }: { id: string; run: string; message: Message; actor: Actor },
): Promise<boolean> {
  const { kind, ...payload } = message;
  const { rowCount } = await db.query({
    name: "send-message",
    text: `WITH r AS (SELECT id, org, pool, priority FROM runs WHERE id = $2),
     m AS (INSERT INTO inbox (id, org, run_id, kind, payload, actor) SELECT $1, org, id, $3, $4, $5 FROM r ON CONFLICT DO NOTHING)
     INSERT INTO wakeups (run_id, org, pool, rank, due_at)
     SELECT id, org, pool, now() - priority * interval '5 minutes', now() FROM r
     ON CONFLICT (run_id) DO UPDATE SET rank = LEAST(wakeups.rank, excluded.rank), due_at = LEAST(wakeups.due_at, excluded.due_at)`,
    values: [id, run, kind, JSON.stringify(payload), JSON.stringify(actor)],
  });
  return (rowCount ?? 0) > 0;
}

/** Undefined while the owner hasn't handled it; then null, or the error that the sender is told. */
export async function readOutcome(db: Queryable, id: string): Promise<Json | undefined> {
  const { rows } = await db.query<{ outcome: Json }>(
    "SELECT outcome FROM inbox WHERE id = $1 AND handled_at IS NOT NULL",
    [id],
  );
  return rows[0] ? rows[0].outcome : undefined;
}

export interface InboxRow {
  id: string;
  run: string;
  command: RunCommand;
  /** Who sent it has been disabled since, so it isn't carried out. */
  barred: boolean;
  /** Whether the sender may isn't decided yet: it is one of many, sent with this credential, and its run lies there. */
  undecided: {
    org: string;
    project: string;
    environment: string;
    requester: string;
    credential: { kind: string; mfaAt: number | null };
  } | null;
}

/** Unhandled messages of these runs or, without `runs`, of all that the session owns; oldest first. */
export async function readInbox(db: Queryable, session: string, runs?: readonly string[]): Promise<InboxRow[]> {
  const select = `SELECT m.id, m.run_id, m.kind, m.payload, m.actor, a.id IS NOT NULL AND a.disabled_at IS NOT NULL AS barred,
      json_build_object('org', r.org, 'project', r.project, 'environment', r.environment, 'requester', r.actor) AS place
    FROM inbox m JOIN runs r ON r.id = m.run_id
    -- The platform's own messages and triggers have no actor that could be disabled.
    LEFT JOIN actors a ON a.org = m.org
      AND a.id = CASE WHEN m.actor ->> 'id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN (m.actor ->> 'id')::uuid END
    WHERE m.handled_at IS NULL AND r.owner = $1`;
  const { rows } = await db.query<StoredMessage>(
    runs
      ? { name: "inbox-of", text: `${select} AND m.run_id = ANY ($2::uuid[]) ORDER BY m.id`, values: [session, runs] }
      : { name: "inbox-owned", text: `${select} ORDER BY m.id`, values: [session] },
  );
  const decisions = rows.filter(({ kind }) => kind === "approve" || kind === "reject");
  const asked = decisions.filter(({ actor }) => uuid.test(actor.id));
  const approvers = asked.length === 0 ? [] : await readApprovers(db, asked.map(askedOf));
  const known = new Map<string, Approver>(decisions.map(({ id, actor }) => [id, { ...nobody, person: actor.id }]));
  for (const [index, { id }] of asked.entries()) {
    const approver = approvers[index];
    if (approver) known.set(id, approver);
  }
  return rows.map(({ id, run_id, kind, payload: { decideFor = null, ...payload }, actor, barred, place }) => ({
    id,
    run: run_id,
    barred,
    undecided: decideFor === null ? null : { ...place, credential: decideFor },
    // Groups and all that goes with them are the database's word, never the sender's.
    command: { ...payload, ...known.get(id), kind, actor } as RunCommand,
  }));
}

interface StoredMessage {
  id: string;
  run_id: string;
  kind: string;
  payload: object & { decideFor?: { kind: string; mfaAt: number | null } };
  actor: Actor;
  barred: boolean;
  place: { org: string; project: string; environment: string; requester: string };
}

/** Of whom the database knows nothing: they may nothing. */
const nobody: Omit<Approver, "person"> = {
  groups: [],
  party: false,
  delegations: [],
  proof: null,
  needsProof: true,
};

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function askedOf({ id, run_id, kind, payload, actor }: StoredMessage): DecisionAsked {
  const { hash } = payload as { hash: string };
  return { run: run_id, hash, actor: actor.id, decision: kind === "reject" ? "reject" : "approve", message: id };
}
