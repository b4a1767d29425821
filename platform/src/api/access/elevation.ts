import { randomBytes } from "node:crypto";
import { api, type ElevationView, type PasskeyAnswer } from "@gantry/sdk/api";
import type { FastifyInstance, FastifyRequest } from "fastify";
import {
  askForElevation,
  elevate,
  elevationChallenge,
  endElevation,
  readPasskeys,
  takeQuestion,
  verifyPasskey,
} from "../../auth/index.ts";
import { auditedOnSessions } from "./audit-own.ts";
import type { Caller } from "./caller.ts";
import type { ApiDeps } from "../deps.ts";
import { InstallationAdministratorNeededError, PasskeyMissingError, SecondFactorRefusedError } from "../errors.ts";
import { originOf } from "../http/request-origin.ts";
import { route } from "../http/route.ts";
import { sessionScopes } from "./session-scopes.ts";
import { SessionNeededError } from "../organization/tenancy-errors.ts";

/**
 * A session of somebody who administers the installation acts for it for a quarter of an hour, by a second factor that was given for
 * just that, in this very session. What it does meanwhile is recorded like all that people do.
 */
export function elevationRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { elevation } = api;

  route(app, deps, elevation.get, ({ caller }) => view(caller, caller.credential.elevatedUntil ?? null));

  route(app, deps, elevation.ask, async ({ caller, request }) => {
    const { id, person } = requireAdministrator(caller);
    const passkeys = await readPasskeys(deps.authPool, person);
    if (passkeys.length === 0) throw new PasskeyMissingError(`${deps.signIn.origins().main}/account`);
    const nonce = randomBytes(32);
    await askForElevation(deps.authPool, id, nonce);
    return {
      challenge: elevationChallenge({ id, person, nonce }),
      rpId: new URL(originOf(request, deps.signIn.origins())).hostname,
      allowCredentials: passkeys.map(({ credential }) => ({ type: "public-key" as const, id: credential })),
      userVerification: "required" as const,
    };
  });

  route(app, deps, elevation.begin, async ({ body, caller, request }) => {
    const { id, person } = requireAdministrator(caller);
    const { totp, assertion } = body;
    const proof = { ...(totp !== undefined && { totp }), ...(assertion !== undefined && { assertion }) };
    const method = await provedBy({ id, person, ...proof }, request);
    if (method === null) throw new SecondFactorRefusedError();
    const record = { action: elevation.begin.id, target: { session: id }, details: { method } };
    const until = await auditedOnSessions(deps, { caller, request }, record, (db) => elevate(db, id));
    if (until === null) throw new InstallationAdministratorNeededError();
    return view(caller, until);
  });

  route(app, deps, elevation.end, async ({ caller, request }) => {
    const { id } = requireSession(caller);
    const record = { action: elevation.end.id, target: { session: id } };
    await auditedOnSessions(deps, { caller, request }, record, (db) => endElevation(db, id));
  });

  async function view({ credential, person }: Caller, until: Date | null): Promise<ElevationView> {
    const factors = person === null ? { totp: false, passkeys: 0 } : await deps.signIn.secondFactorsOf(person);
    return { administers: credential.administers ?? false, until: until?.toISOString() ?? null, factors };
  }

  async function provedBy(
    { id, person, totp, assertion }: { id: string; person: string; totp?: string; assertion?: PasskeyAnswer },
    request: FastifyRequest,
  ): Promise<"totp" | "passkey" | null> {
    if (totp !== undefined) return (await deps.signIn.verifySecondFactor(person, { totp })) ? "totp" : null;
    const nonce = assertion === undefined ? null : await takeQuestion(deps.authPool, id);
    if (assertion === undefined || nonce === null) return null;
    const origin = originOf(request, deps.signIn.origins());
    const challenge = elevationChallenge({ id, person, nonce });
    const answered = await verifyPasskey({ pool: deps.authPool }, person, { origin, challenge, answer: assertion });
    return answered ? "passkey" : null;
  }
}

/** @throws SessionNeededError, InstallationAdministratorNeededError */
function requireAdministrator(caller: Caller): { id: string; person: string } {
  const session = requireSession(caller);
  const lent = sessionScopes(caller.roles, true).includes("admin:everywhere");
  if (caller.credential.administers !== true || !lent) throw new InstallationAdministratorNeededError();
  return session;
}

/** @throws SessionNeededError */
function requireSession({ person, credential }: Caller): { id: string; person: string } {
  if (person === null || credential.kind !== "session") throw new SessionNeededError();
  return { id: credential.id, person };
}
