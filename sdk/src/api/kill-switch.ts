import { z } from "zod";
import { Actor } from "../events.ts";
import { Reason, Timestamp } from "./common.ts";
import { endpoint } from "./endpoint.ts";

const KillSwitchScope = z.enum(["organization", "everywhere"]);

export const KillSwitchView = z.object({
  /** Those that are on; empty when work goes on. */
  active: z.array(
    z.object({
      scope: z.enum([...KillSwitchScope.options, "restored"]),
      reason: z.string(),
      actor: Actor,
      since: Timestamp,
    }),
  ),
});
export type KillSwitchView = z.infer<typeof KillSwitchView>;

const path = "/kill-switch";

/** No new attempt starts while it is on. `everywhere` also needs the scope `admin:everywhere`. */
export const killSwitch = {
  get: endpoint({
    id: "killSwitch.get",
    method: "GET",
    path,
    summary: "Kill switches that are on.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: KillSwitchView,
  }),
  set: endpoint({
    id: "killSwitch.set",
    method: "PUT",
    path,
    summary: "Start no further attempt, in the organization or everywhere. Works with no worker alive.",
    scope: "admin",
    body: z.object({ reason: Reason, scope: KillSwitchScope.default("organization") }),
    answer: KillSwitchView,
  }),
  lift: endpoint({
    id: "killSwitch.lift",
    method: "DELETE",
    path,
    summary: "Let work go on.",
    scope: "admin",
    query: z.object({ scope: KillSwitchScope.default("organization") }),
    answer: KillSwitchView,
  }),
} as const;
