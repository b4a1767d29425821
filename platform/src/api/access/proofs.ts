import { randomBytes } from "node:crypto";
import { api, type ProofView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { challengeOf, readPasskeys, verifyPasskey } from "../../auth/index.ts";
import { findProof, insertProof, noteAnswer, type ProofRow } from "../../store/runs/approval-proofs.ts";
import type { Queryable } from "../../store/organization.ts";
import { credentialOf, type Caller } from "./caller.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError, PasskeyMissingError, ProofRefusedError, SecondFactorRefusedError } from "../errors.ts";
import { requireOpen, requireRun } from "./open-gate.ts";
import { originOf } from "../http/request-origin.ts";
import { route } from "../http/route.ts";

/** Long enough to send the decision, too short to keep. */
const proofLifeMs = 120_000;
/** To open the page and read it. */
const questionLifeMs = 300_000;

/**
 * A second factor for one decision on one change set, by a code or a passkey. Whoever asks uses it: the passkey may be answered in
 * another session of the same person, and is then worth something for the one that asked only.
 */
export function proofRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { runs } = api;

  route(app, deps, runs.prove, async ({ params: { run }, body: { hash, decision, totp }, caller, tx, id }) => {
    await tx(async (db) => requireOpen((await requireRun(db, run)).state, hash));
    const { person } = caller;
    // Not in a transaction: it is asked of another part of the database, and counts tries for itself.
    const proved = person !== null && (await deps.signIn.verifySecondFactor(person, { totp }));
    if (!proved) throw new SecondFactorRefusedError();
    const proof = { ...boundTo(caller, person), id, run, hash, decision, nonce: null, lifeMs: proofLifeMs };
    const expiresAt = await tx((db) => insertProof(db, proof));
    return { id, expiresAt: expiresAt.toISOString() };
  });

  route(app, deps, runs.challenge, async ({ params: { run }, body: { hash, decision }, caller, tx, id }) => {
    await tx(async (db) => requireOpen((await requireRun(db, run)).state, hash));
    const { org, person } = caller;
    const { main } = deps.signIn.origins();
    if (person === null || (await readPasskeys(deps.authPool, person)).length === 0)
      throw new PasskeyMissingError(`${main}/account`);
    const bound = { ...boundTo(caller, person), id, run, hash, decision };
    const expiresAt = await tx((db) => insertProof(db, { ...bound, nonce: randomBytes(32), lifeMs: questionLifeMs }));
    const asked = { ...bound, method: "passkey" as const, proved: false, expiresAt };
    return { ...view(asked), link: `${main}/confirm/${org}/${run}/${id}` };
  });

  route(app, deps, runs.proof, async ({ params, caller, tx, request }) => {
    const proof = await tx((db) => ownProof(db, caller, params));
    const { nonce } = proof;
    if (nonce === null || proof.proved || !proof.open) return { ...view(proof), question: null };
    const passkeys = await readPasskeys(deps.authPool, proof.person);
    const question = {
      challenge: challengeOf({ ...proof, proof: proof.id, nonce }),
      rpId: new URL(originOf(request, deps.signIn.origins())).hostname,
      allowCredentials: passkeys.map(({ credential }) => ({ type: "public-key" as const, id: credential })),
      userVerification: "required" as const,
    };
    return { ...view(proof), question };
  });

  route(app, deps, runs.answerProof, async ({ params, body: { assertion }, caller, tx, request }) => {
    const proof = await tx(async (db) => {
      const found = await ownProof(db, caller, params);
      requireOpen((await requireRun(db, found.run)).state, found.hash);
      return found;
    });
    const { nonce, person } = proof;
    if (nonce === null || proof.proved || !proof.open) throw new ProofRefusedError();
    const challenge = challengeOf({ ...proof, proof: proof.id, nonce });
    const origin = originOf(request, deps.signIn.origins());
    if (!(await verifyPasskey({ pool: deps.authPool }, person, { origin, challenge, answer: assertion })))
      throw new SecondFactorRefusedError();
    const expiresAt = await tx((db) => noteAnswer(db, proof.id, proofLifeMs));
    if (expiresAt === null) throw new ProofRefusedError();
    return view({ ...proof, proved: true, expiresAt });
  });
}

function boundTo(caller: Caller, person: string) {
  return { org: caller.org, actor: caller.actor.id, person, credential: credentialOf(caller) };
}

/** @throws NotFoundError for somebody else's, too */
async function ownProof(
  db: Queryable,
  { person }: Caller,
  { run, proof }: { run: string; proof: string },
): Promise<Omit<ProofRow, "hash"> & Pick<ProofView, "hash">> {
  const found = person === null ? null : await findProof(db, { id: proof, run, person });
  if (found === null) throw new NotFoundError();
  return found as Omit<ProofRow, "hash"> & Pick<ProofView, "hash">;
}

function view({
  id,
  hash,
  decision,
  method,
  proved,
  expiresAt,
}: Pick<ProofRow, "id" | "decision" | "method" | "proved" | "expiresAt"> & Pick<ProofView, "hash">): ProofView {
  return { id, hash, decision, method, proved, expiresAt: expiresAt.toISOString() };
}
