import type { FastifyRequest } from "fastify";
import {
  findPerson,
  InvitationInvalidError,
  invitationOf,
  provesInvitation,
  SignInFailedError,
} from "../../auth/index.ts";
import { writeAudit } from "../../store/records/audit-records.ts";
import { acceptInvitation, findInvitation, type FoundInvitation } from "../../store/access/invitations.ts";
import { joinOrganization } from "../../store/access/members.ts";
import { setInstallationAdministrator } from "../../store/access/people.ts";
import { inOrganization } from "../../store/organization.ts";
import { sessionPerson } from "./session-person.ts";
import type { ApiDeps } from "../deps.ts";

/** @throws InvitationInvalidError — the same for every reason. */
export async function openInvitation(deps: ApiDeps, code: string): Promise<FoundInvitation & { id: string }> {
  const id = invitationOf(code);
  const found = id === null ? null : await findInvitation(deps.pool, id);
  if (id === null || found === null) throw new InvitationInvalidError();
  if (!provesInvitation(invitationKey(deps), code, { id, version: found.version }) || !found.open)
    throw new InvitationInvalidError();
  return { ...found, id };
}

/** For links; it follows from the platform's key, so that every process of the installation has it. */
export function invitationKey({ keyring }: Pick<ApiDeps, "keyring">): Buffer {
  return keyring.deriveKey("invitations");
}

/**
 * Makes whoever has the link a member: the person who is signed in, else a new one. @throws InvitationInvalidError, SignInFailedError,
 * PasswordWeakError, PasswordBreachedError
 */
export async function accept(
  deps: ApiDeps,
  request: FastifyRequest,
  { code, email, name, password }: { code: string; email: string; name: string; password: string },
): Promise<{ email: string; signedIn: boolean; /** The first administrator. */ first: boolean }> {
  const invitation = await openInvitation(deps, code);
  const session = await sessionPerson(deps, request);
  if (session !== null && invitation.email !== null && invitation.email !== session.email)
    throw new SignInFailedError(`This invitation is for ${invitation.email}; sign out first.`);
  const address = session?.email ?? invitation.email ?? email.trim().toLowerCase();
  const person =
    session?.person ??
    (await deps.signIn.createPerson({
      email: address,
      name,
      password,
      // They have the link from their mailbox, where mail is sent.
      verified: invitation.email !== null && deps.signIn.sendsMail,
    }));
  await inOrganization(deps.pool, invitation.org, async (tx) => {
    const actor = await joinOrganization(
      tx,
      { ...invitation, person, name: session?.name ?? name, email: address, grantedBy: null },
      deps.newId,
    );
    // Last, so that of two who have the link the second gets nothing.
    if (!(await acceptInvitation(tx, { id: invitation.id, version: invitation.version, actor })))
      throw new InvitationInvalidError();
    // The first administrator's link was printed on the host, for whoever runs the installation.
    if (invitation.email === null) await setInstallationAdministrator(tx, person, true);
    await writeAudit(tx, {
      id: deps.newId(),
      org: invitation.org,
      actor: { kind: "user", id: actor, name: address, person },
      action: "invitations.accept",
      target: { invitation: invitation.id },
      details: { roles: invitation.roles, groups: invitation.groups },
      source: { address: request.ip, userAgent: request.headers["user-agent"] ?? "" },
      requestId: request.id,
    });
  });
  const known = await findPerson(deps.authPool, { id: person });
  deps.log.info({ org: invitation.org, person }, "An invitation was accepted");
  return { email: known?.email ?? address, signedIn: session !== null, first: invitation.email === null };
}
