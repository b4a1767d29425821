import { Uuid } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { findProof, type ProofRow } from "../../../store/runs/approval-proofs.ts";
import { inOrganization } from "../../../store/organization.ts";
import { findRun, type RunRow } from "../../../store/runs/run-list.ts";
import type { ApiDeps } from "../../deps.ts";
import { NotFoundError } from "../../errors.ts";
import { sessionPerson } from "../session-person.ts";
import { goTo, queryOf } from "./form.ts";
import { html, sendPage, type Page } from "./html.ts";

interface Asked {
  organization: string;
  run: string;
  proof: string;
}

/** A person confirms a decision with a passkey that somewhere else, at their command line for instance, waits for it. */
export function confirmPages(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/confirm/:organization/:run/:proof", { config: { access: "sign-in" } }, async (request, reply) => {
    const asked = request.params as Asked;
    if (![asked.organization, asked.run, asked.proof].every((id) => Uuid.safeParse(id).success))
      throw new NotFoundError();
    const person = await sessionPerson(deps, request);
    if (person === null) return goTo(reply, `/sign-in?next=${encodeURIComponent(pathOf(asked))}`);
    // Nobody else's proof is found by it, so neither is their run.
    const found = await inOrganization(deps.pool, asked.organization, async (db) => {
      const proof = await findProof(db, { id: asked.proof, run: asked.run, person: person.person });
      return { proof, run: proof === null ? null : await findRun(db, asked.run) };
    });
    if (found.proof === null || found.run === null) throw new NotFoundError();
    if (found.proof.proved && queryOf(request)["done"] === "1") return sendPage(reply, donePage);
    return sendPage(
      reply,
      found.proof.open && !found.proof.proved ? confirmPage(asked, found.proof, found.run) : latePage,
    );
  });
}

function pathOf({ organization, run, proof }: Asked): string {
  return `/confirm/${organization}/${run}/${proof}`;
}

function confirmPage(asked: Asked, { decision, hash, credential }: ProofRow, run: RunRow): Page {
  const does = decision === "approve" ? "Approve" : "Reject";
  const body = html`<p>${does} this change of <strong>${run.environment}</strong>?</p>
    <p>${run.goal}</p>
    <p class="hint">Run ${run.id}</p>
    <p class="hint">Change set</p>
    <p class="codes">${hash}</p>
    <p class="hint">
      Asked by you with ${credential.startsWith("key:") ? "an API key" : "your session"}. If it wasn't you, don't
      confirm it, and revoke that.
    </p>
    <button
      type="button"
      data-passkey="confirm"
      data-organization="${asked.organization}"
      data-proof="/api/v1/runs/${asked.run}/proofs/${asked.proof}"
      data-next="${pathOf(asked)}?done=1"
      hidden
    >
      ${does} with your passkey
    </button>
    <p id="passkey-said" class="hint" role="status"></p>
    <noscript><p class="hint">Passkeys need JavaScript.</p></noscript>`;
  return { title: "Confirm a decision", body, script: true };
}

const donePage: Page = {
  title: "Confirmed",
  done: "Your passkey confirmed it.",
  body: html`<p>Go back to where you decide; it goes on there. You can close this page.</p>`,
};

const latePage: Page = {
  title: "Nothing to confirm",
  body: html`<p>This was confirmed before, or its time is up. Ask anew where you decide.</p>`,
};
