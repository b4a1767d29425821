import type { FastifyRequest } from "fastify";
import { findPerson, forgetWrongPasswords, noteWrongPassword, SignInLockedError, waitOf } from "../../auth/index.ts";
import { writeAudit } from "../../store/records/audit-records.ts";
import type { AuthDeps, AuthQuestion } from "./session-person.ts";

/** Before a password is looked at. @throws SignInLockedError */
export async function refuseGuessing({ authPool }: AuthDeps, question: AuthQuestion): Promise<void> {
  const email = emailOf(question);
  const wait = email === null ? 0 : await waitOf(authPool, email);
  if (wait > 0) throw new SignInLockedError(wait);
}

/** After it. Whose address it is hears of it once a day, so does the audit trail whenever it is locked anew. */
export async function notePassword(
  { authPool, signIn, newId }: AuthDeps,
  request: FastifyRequest,
  question: AuthQuestion,
  response: Response,
): Promise<void> {
  const email = emailOf(question);
  if (email === null) return;
  if (response.status < 400) return forgetWrongPasswords(authPool, email);
  if (response.status !== 401) return;
  const { failures, tell } = await noteWrongPassword(authPool, email);
  if (!tell) return;
  const person = await findPerson(authPool, { email });
  await writeAudit(authPool, {
    id: newId(),
    org: null,
    actor: { kind: "unknown", id: "", name: email.slice(0, 320) },
    action: "signIn.locked",
    target: person === null ? {} : { person: person.id },
    result: "denied",
    details: { failures },
    source: { address: request.ip, userAgent: request.headers["user-agent"] ?? "" },
    requestId: request.id,
  });
  if (person !== null)
    // Not awaited: how long it takes would tell that there is somebody to write to.
    void signIn
      .sendMail({
        to: person.email,
        subject: "Gantry: wrong passwords",
        text: "Somebody tried several wrong passwords for your address, so passwords wait for a while now. If it was you, here is a new start; if not, your password held.",
        link: `${signIn.origins().main}/forgot-password`,
        validFor: "as long as you like",
      })
      .catch(() => undefined);
}

function emailOf({ path, body }: AuthQuestion): string | null {
  const { email } = (body ?? {}) as { email?: unknown };
  return path === "/sign-in/email" && typeof email === "string" ? email : null;
}
