import { z } from "zod";
import { Digest, Json } from "../json.ts";
import { Reason, Text, Uuid, type Scope } from "./common.ts";
import { endpoint } from "./endpoint.ts";
import { RunParams } from "./runs.ts";

/** `done`: the run's owner carried it out. `accepted`: it is stored and takes effect when a worker takes the run. */
export const CommandAnswer = z.object({ id: Uuid, run: Uuid, status: z.enum(["done", "accepted"]) });
export type CommandAnswer = z.infer<typeof CommandAnswer>;

const Hash = Digest.meta({ description: "The change set that was looked at; another one is refused." });

const command = <Body extends z.ZodType>(
  name: "approve" | "reject" | "comments" | "pause" | "resume" | "cancel" | "retry" | "undo" | "signals" | "settle",
  summary: string,
  body: Body,
) =>
  endpoint({
    id: `runs.${name}`,
    method: "POST",
    path: `/runs/:run/${name}`,
    summary,
    scope: scopeOf(name),
    resource: { kind: "run", param: "run" },
    params: RunParams,
    body,
    answer: CommandAnswer,
  });

function scopeOf(name: string): Scope {
  if (name === "comments") return "read";
  return name === "approve" || name === "reject" ? "approve" : "run";
}

export const runCommands = {
  approve: command(
    "approve",
    "Approve a change set of the run.",
    z.object({
      hash: Hash,
      reason: Reason.nullable().default(null),
      /** The group to stand for; the first that misses one and that one may stand for, unless given. */
      group: Text(200).nullable().default(null),
      /** A second factor given for this very decision; `POST /runs/:run/proofs`. */
      proof: Uuid.nullable().default(null),
    }),
  ),
  reject: command(
    "reject",
    "Reject a change set of the run.",
    z.object({ hash: Hash, reason: Reason, proof: Uuid.nullable().default(null) }),
  ),
  /** Also needs the scope `run` or `approve`. */
  comment: command("comments", "Say something about a change set.", z.object({ hash: Hash, text: Text(4_000) })),
  pause: command(
    "pause",
    "Start no further step; a running one is finished.",
    z.object({ reason: Reason.nullable().default(null) }),
  ),
  resume: command("resume", "Go on after a pause.", z.object({})),
  cancel: command(
    "cancel",
    "Stop the run, and undo what it did if wanted.",
    z.object({ undo: z.boolean().default(false), reason: Reason.nullable().default(null) }),
  ),
  retry: command("retry", "Try the failed steps again, and those behind them.", z.object({})),
  undo: command("undo", "Undo what the run did, newest first.", z.object({ reason: Reason })),
  signal: command(
    "signals",
    "Send a signal that a step waits for.",
    z.object({ name: z.string().min(1).max(100), payload: Json.default(null) }),
  ),
  settle: command(
    "settle",
    "Say what became of a step whose outcome nobody could find out.",
    z.object({
      step: z.string().min(1).max(200),
      outcome: z.enum(["done", "not_done"]),
      output: Json.default(null),
    }),
  ),
} as const;
