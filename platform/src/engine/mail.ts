import type { InboxRow } from "../store/inbox.ts";
import type { PendingInput } from "./owned-run.ts";

/**
 * What a message means for its run. Rights count when a command is carried out: one of somebody who was disabled after
 * sending it is refused. What has begun is reported by workers, never by people, so nothing is lost by that.
 */
export function inputOfMail({ id, command, barred }: InboxRow): PendingInput {
  if (!barred || command.kind === "report") return { input: command, message: id };
  const answer = {
    code: "actor_disabled",
    message: `${command.actor.name} was disabled before the command was carried out. Somebody else must send it.`,
    retryable: false,
  };
  return { input: { kind: "advance" }, message: id, answer };
}
