import { z } from "zod";
import { Text, Timestamp } from "./common.ts";
import { PasskeyAnswer, PasskeyQuestion } from "./decisions.ts";
import { endpoint } from "./endpoint.ts";

/** Whether the caller's session acts for the whole installation, and what would prove that it may. */
export const ElevationView = z.object({
  /** Whether the person administers the installation: nobody else's session ever has the scope `admin:everywhere`. */
  administers: z.boolean(),
  /** Null: it doesn't now. */
  until: Timestamp.nullable(),
  /** What the person can prove it with. */
  factors: z.object({ totp: z.boolean(), passkeys: z.int() }),
});
export type ElevationView = z.infer<typeof ElevationView>;

const own = { scope: "read", resource: { kind: "self" } } as const;

/** A session of an installation's administrator has the scope `admin:everywhere` for a quarter of an hour after a fresh proof. */
export const elevation = {
  get: endpoint({
    id: "elevation.get",
    method: "GET",
    path: "/me/elevation",
    summary: "Whether the caller's session acts for the installation, and until when.",
    ...own,
    answer: ElevationView,
  }),
  ask: endpoint({
    id: "elevation.ask",
    method: "POST",
    path: "/me/elevation/question",
    summary: "A question for one of the person's passkeys. It is good for two minutes, once, and in this session only.",
    ...own,
    answer: PasskeyQuestion,
  }),
  begin: endpoint({
    id: "elevation.begin",
    method: "POST",
    path: "/me/elevation",
    summary:
      "Act for the installation for a quarter of an hour, with a code of an authenticator app or a passkey's answer to the question. Only for sessions of people who administer it.",
    ...own,
    /** One of them. */
    body: z.object({ totp: Text(10).optional(), assertion: PasskeyAnswer.optional() }),
    answer: ElevationView,
  }),
  end: endpoint({
    id: "elevation.end",
    method: "DELETE",
    path: "/me/elevation",
    summary: "Stop acting for the installation, at once.",
    ...own,
    status: 204,
  }),
} as const;
