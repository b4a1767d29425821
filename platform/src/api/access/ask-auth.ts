import type { FastifyReply, FastifyRequest } from "fastify";
import { addressHeader, authPath, personDisabled, PersonDisabledError, SignInFailedError } from "../../auth/index.ts";
import { recordAnswer } from "./audit-sign-in.ts";
import { RateLimitedError } from "../errors.ts";
import { notePassword, refuseGuessing } from "./guard-password.ts";
import { originOf, refuseForgery } from "../http/request-origin.ts";
import { sessionPerson, type AuthDeps, type AuthQuestion, type SessionPerson } from "./session-person.ts";

/**
 * Puts a question to better-auth for whoever sent the request, with the request's cookies. Every one that a browser sends must come from
 * our own pages. @throws SignInFailedError with what it says, RateLimitedError, PasswordWeakError, CsrfRefusedError
 */
export async function askAuth(deps: AuthDeps, request: FastifyRequest, question: AuthQuestion): Promise<Response> {
  await refuseGuessing(deps, question);
  const response = await forward(deps, request, question);
  await recordAnswer(deps, request, question, response);
  await notePassword(deps, request, question, response);
  if (response.status < 400) return response;
  if (response.status === 429)
    throw new RateLimitedError(
      deps.signIn.config.signInsPerMinute,
      Number(response.headers.get("x-retry-after") ?? "60"),
    );
  const said = (await response.json().catch(() => ({}))) as {
    message?: unknown;
    error_description?: unknown;
    code?: unknown;
  };
  if (said.code === personDisabled) throw new PersonDisabledError();
  const message = [said.message, said.error_description].find((text) => typeof text === "string");
  throw new SignInFailedError(
    `${typeof message === "string" && message !== "" ? message : "That was refused"}.`.replace(/\.\.$/, "."),
    typeof said.code === "string" ? said.code : undefined,
  );
}

/** The same, with whatever answer. */
export async function forward(deps: AuthDeps, request: FastifyRequest, question: AuthQuestion): Promise<Response> {
  const { signIn } = deps;
  const origin = originOf(request, signIn.origins());
  const { headers } = request;
  const fromBrowser = [headers.cookie, headers.origin, headers["sec-fetch-site"]].some((value) => value !== undefined);
  if (question.method !== "GET" && fromBrowser) refuseForgery(request, signIn.origins());
  const person = await sessionPerson(deps, request);
  await checkNewPassword(deps, question, person);
  return signIn.handle(
    origin,
    new Request(`${origin}${authPath}${question.path}`, {
      method: question.method,
      headers: {
        [addressHeader]: request.ip,
        "user-agent": headers["user-agent"] ?? "",
        // Checked above, also where the browser keeps it to itself.
        ...(fromBrowser ? { origin } : {}),
        ...cookies(headers.cookie, person !== null),
        ...(question.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(question.body === undefined ? {} : { body: JSON.stringify(question.body) }),
      redirect: "manual",
    }),
  );
}

export function passCookies(response: Response, reply: FastifyReply): void {
  for (const cookie of response.headers.getSetCookie()) void reply.header("set-cookie", cookie);
}

async function checkNewPassword({ signIn }: AuthDeps, { path, body }: AuthQuestion, person: SessionPerson | null) {
  if (path !== "/reset-password" && path !== "/change-password") return;
  const { newPassword } = (body ?? {}) as { newPassword?: unknown };
  if (typeof newPassword === "string")
    await signIn.checkPassword(newPassword, person === null ? [] : [person.email, person.name]);
}

/** A session that wasn't used for too long is none, also where better-auth would still take it. */
function cookies(all: string | undefined, alive: boolean): { cookie?: string } {
  const kept = (all ?? "").split(/; */).filter((one) => one !== "" && (alive || !/gantry\.session_token=/.test(one)));
  return kept.length === 0 ? {} : { cookie: kept.join("; ") };
}
