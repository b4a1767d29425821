import { z } from "zod";
import { Page, Reason, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** Somebody who can sign in, whatever organizations they belong to. */
export const PersonView = z.object({
  id: Uuid,
  name: z.string(),
  email: z.string(),
  createdAt: Timestamp,
  /** Since when they can't sign in any more. */
  disabledAt: Timestamp.nullable(),
  /** Since when they administer the installation. */
  administersSince: Timestamp.nullable(),
  /** Names of those that they are members of. */
  organizations: z.array(z.string()),
});
export type PersonView = z.infer<typeof PersonView>;

const one = { params: z.object({ person: Uuid }), body: z.object({ reason: Reason }), answer: PersonView };

export const personAccess = {
  list: endpoint({
    id: "people.list",
    method: "GET",
    path: "/people",
    summary: "Everybody who can sign in to this installation, by address.",
    scope: "admin:everywhere",
    answer: Page(PersonView),
  }),
  disable: endpoint({
    id: "people.disable",
    method: "POST",
    path: "/people/:person/disable",
    summary:
      "Put somebody out of the installation: they can't sign in, and with the next request no session, key or token of theirs works in any organization. Roles stay.",
    scope: "admin:everywhere",
    ...one,
  }),
  enable: endpoint({
    id: "people.enable",
    method: "POST",
    path: "/people/:person/enable",
    summary: "Let them in again, but for organizations that disabled them by themselves.",
    scope: "admin:everywhere",
    ...one,
  }),
  administer: endpoint({
    id: "people.administer",
    method: "POST",
    path: "/people/:person/administer",
    summary:
      "Make somebody an administrator of the installation: a session of theirs may act for it after a fresh second factor, where they own the organization that they work in. It takes a key: what a session is lent for minutes, it can't pass on.",
    scope: "admin:everywhere",
    ...one,
  }),
  relieve: endpoint({
    id: "people.relieve",
    method: "POST",
    path: "/people/:person/relieve",
    summary: "They administer the installation no more; sessions of theirs that act for it stop at once.",
    scope: "admin:everywhere",
    ...one,
  }),
} as const;
