import { api, type InvitationView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { invitationCode } from "../../auth/index.ts";
import {
  insertInvitation,
  listInvitations,
  renewInvitation,
  revokeInvitation,
  type InvitationRow,
} from "../../store/access/invitations.ts";
import { invitationKey } from "./accept-invitation.ts";
import type { ApiDeps } from "../deps.ts";
import { InvalidRequestError, NotFoundError } from "../errors.ts";
import { assertMayGive } from "./grant-rules.ts";
import { route } from "../http/route.ts";

export function invitationRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { signIn } = deps;

  route(
    app,
    deps,
    api.invitations.create,
    async ({ body, caller, tx, id }) => {
      for (const role of body.roles) assertMayGive(caller, { role, project: null, environment: null });
      const row = await tx(async (db) => {
        const { rows } = await db.query<{ id: string; name: string }>(
          "SELECT id, name FROM teams WHERE org = $1 AND name = ANY ($2)",
          [caller.org, body.teams],
        );
        const missing = body.teams.filter((name) => !rows.some((team) => team.name === name));
        if (missing.length > 0)
          throw new InvalidRequestError([{ path: "teams", message: `there is no team ${missing.join(", ")}` }]);
        return insertInvitation(db, {
          ...body,
          id,
          org: caller.org,
          email: body.email.toLowerCase(),
          teams: rows.map((team) => team.id),
          invitedBy: caller.actor.id,
        });
      });
      return send(row, caller.actor.name);
    },
    { sealAnswer: true },
  );

  route(app, deps, api.invitations.list, async ({ caller, tx }) => ({
    items: (await tx((db) => listInvitations(db, caller.org))).map(view),
    next: null,
  }));

  route(
    app,
    deps,
    api.invitations.resend,
    async ({ params, body, caller, tx }) => {
      const row = await tx((db) => renewInvitation(db, params.invitation, body.hours));
      if (row === null) throw new NotFoundError();
      return send(row, caller.actor.name);
    },
    { sealAnswer: true },
  );

  route(app, deps, api.invitations.revoke, async ({ params, tx }) => {
    const row = await tx((db) => revokeInvitation(db, params.invitation));
    if (row === null) throw new NotFoundError();
    return view(row);
  });

  async function send(row: InvitationRow, by: string): Promise<InvitationView & { link: string | null }> {
    const link = `${signIn.origins().main}/accept-invitation?code=${invitationCode(invitationKey(deps), row)}`;
    if (row.email !== null) {
      await signIn.sendMail({
        to: row.email,
        subject: "Gantry: you are invited",
        text: `${by} invites you to Gantry. If you don't know what that is, there is nothing to do.`,
        link,
        validFor: `use until ${row.expiresAt.toISOString().slice(0, 16).replace("T", " ")} UTC`,
      });
    }
    return { ...view(row), link: signIn.sendsMail ? null : link };
  }

  function view(row: InvitationRow): InvitationView {
    return {
      id: row.id,
      email: row.email,
      roles: row.roles,
      groups: row.groups,
      teams: row.teams,
      createdAt: row.createdAt.toISOString(),
      expiresAt: row.expiresAt.toISOString(),
      state: stateOf(row),
    };
  }

  function stateOf({ acceptedAt, revokedAt, expiresAt }: InvitationRow): InvitationView["state"] {
    if (acceptedAt !== null) return "accepted";
    if (revokedAt !== null) return "revoked";
    return expiresAt.getTime() <= deps.now() ? "expired" : "open";
  }
}
