import type { FastifyRequest } from "fastify";
import { findPerson } from "../../auth/index.ts";
import { writeAudit } from "../../store/records/audit-records.ts";
import { sessionPerson, type AuthDeps, type AuthQuestion } from "./session-person.ts";

/** What is written down of what better-auth is asked; the rest only looks. */
const actions: Readonly<Record<string, string>> = {
  "/sign-in/email": "signIn.password",
  "/two-factor/verify-totp": "signIn.code",
  "/two-factor/verify-backup-code": "signIn.recoveryCode",
  "/passkey/verify-authentication": "signIn.passkey",
  "/sign-out": "signIn.end",
  "/reset-password": "password.reset",
  "/change-password": "password.change",
  "/two-factor/enable": "secondFactor.prepare",
  "/two-factor/disable": "secondFactor.disable",
  "/two-factor/generate-backup-codes": "secondFactor.renewRecoveryCodes",
  "/passkey/verify-registration": "passkey.add",
  "/passkey/delete-passkey": "passkey.remove",
  "/device/approve": "device.approve",
  "/device/deny": "device.deny",
};

/** Before the answer leaves: a sign-in that couldn't be recorded gives nobody its cookie. @throws AuditUnavailableError */
export async function recordAnswer(
  deps: AuthDeps,
  request: FastifyRequest,
  question: AuthQuestion,
  response: Response,
): Promise<void> {
  const path = question.path.split("?")[0] ?? "";
  const action = path.startsWith("/callback/") ? "signIn.provider" : actions[path];
  if (action === undefined) return;
  const answer = (await response
    .clone()
    .json()
    .catch(() => ({}))) as { user?: { id?: string }; code?: string };
  const { email } = (question.body ?? {}) as { email?: unknown };
  const before = await sessionPerson(deps, request);
  const id = answer.user?.id ?? before?.person ?? null;
  const person = id === null ? null : await findPerson(deps.authPool, { id });
  const redirectedWithError = /[?&]error=/.test(response.headers.get("location") ?? "");
  await writeAudit(deps.authPool, {
    id: deps.newId(),
    org: null,
    actor:
      person === null
        ? { kind: "unknown", id: "", name: typeof email === "string" ? email.slice(0, 320) : "" }
        : { kind: "user", id: person.id, name: person.email, person: person.id },
    action,
    target: path.startsWith("/callback/") ? { provider: path.slice("/callback/".length) } : {},
    result: response.status < 400 && !redirectedWithError ? "allowed" : "denied",
    details: typeof answer.code === "string" ? { reason: answer.code } : null,
    source: { address: request.ip, userAgent: request.headers["user-agent"] ?? "" },
    requestId: request.id,
  });
}
