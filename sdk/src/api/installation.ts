import { z } from "zod";
import { endpoint } from "./endpoint.ts";

/** How the installation stands with others that it relies on. Never their addresses. */
export const InstallationView = z.object({
  /** The list of stolen passwords, which new ones are looked up in; where it doesn't answer, nobody is refused. */
  breachList: z.enum(["off", "reachable", "unreachable"]),
  /** Credentials that Vault made for runs, of all organizations. */
  secretLeases: z.object({
    open: z.int(),
    /** Of them those that Vault couldn't be told to end or prolong; it is tried again. */
    failing: z.int(),
    /** For how long the first of those has been there. */
    oldestFailureSeconds: z.number(),
  }),
});
export type InstallationView = z.infer<typeof InstallationView>;

export const installation = {
  get: endpoint({
    id: "installation.get",
    method: "GET",
    path: "/installation",
    summary: "How the installation stands with others: the list of stolen passwords, and credentials that Vault lent.",
    scope: "admin:everywhere",
    answer: InstallationView,
  }),
} as const;
