import { setTimeout as delay } from "node:timers/promises";
import type { Digest } from "@gantry/sdk";
import type { ProofView } from "@gantry/sdk/api";
import type { Context } from "./context.ts";
import { PasskeyUnansweredError } from "./errors.ts";
import { askSecret } from "./prompt.ts";

/** What a second factor is shown with; with neither somebody is asked. */
export interface ProofOptions {
  code?: string;
  passkey?: boolean;
}

const everyMs = 1_000;

/** Proves the person for one approval of one change set, and returns the proof's id. */
export async function prove(context: Context, run: string, hash: Digest, options: ProofOptions): Promise<string> {
  if (options.passkey === true) return byPasskey(context, run, hash);
  const remedy = `gantry approve ${run} ${hash} --code <code>`;
  const question = "Code of your authenticator app for this change, or Enter for a passkey:";
  const totp = options.code ?? (await askSecret(context, question, remedy));
  if (totp.trim() === "") return byPasskey(context, run, hash);
  return (await context.client().runs.prove(run, { hash, totp: totp.trim() })).id;
}

/** A command line has no passkeys; the person's browser, on this machine or another, has. */
async function byPasskey(context: Context, run: string, hash: Digest): Promise<string> {
  const { runs } = context.client();
  const asked = await runs.challenge(run, { hash });
  context.terminal.say(`Open this in a browser and confirm it with your passkey:\n\n  ${asked.link}\n`);
  for (let proof: Pick<ProofView, "proved" | "expiresAt"> = asked; !proof.proved;) {
    if (context.now() > Date.parse(proof.expiresAt)) throw new PasskeyUnansweredError();
    await delay(everyMs);
    proof = await runs.proof(run, asked.id);
  }
  return asked.id;
}
