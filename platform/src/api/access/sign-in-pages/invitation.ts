import type { FastifyInstance, FastifyRequest } from "fastify";
import { accept, openInvitation } from "../accept-invitation.ts";
import { askAuth, passCookies } from "../ask-auth.ts";
import { sessionPerson } from "../session-person.ts";
import type { ApiDeps } from "../../deps.ts";
import { refuseForgery } from "../../http/request-origin.ts";
import { formOf, goTo, orPage, queryOf, type Form } from "./form.ts";
import { field, hidden, html, sendPage, type Page } from "./html.ts";
import { newPasswordField } from "./password.ts";

const config = { access: "sign-in" } as const;

/** Accepting an invitation, the first administrator's among them. Opening the link changes nothing: scanners of mail open links too. */
export function invitationPages(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/accept-invitation", { config }, async (request, reply) =>
    orPage(reply, deadPage, async () => sendPage(reply, await invitationPage(deps, request, queryOf(request)))),
  );

  app.post("/accept-invitation", { config }, async (request, reply) => {
    refuseForgery(request, deps.signIn.origins());
    const form = formOf(request);
    const { code = "", email = "", password = "" } = form;
    return orPage(
      reply,
      (error) => invitationPage(deps, request, form, error).catch(() => deadPage(error)),
      async () => {
        const accepted = await accept(deps, request, { code, email, name: (form["name"] ?? "").trim(), password });
        if (!accepted.signedIn) {
          const body = { email: accepted.email, password };
          passCookies(await askAuth(deps, request, { method: "POST", path: "/sign-in/email", body }), reply);
        }
        // An installation that has its first person has nothing else yet.
        return goTo(reply, accepted.first ? "/onboarding" : "/");
      },
    );
  });
}

async function invitationPage(
  deps: ApiDeps,
  request: FastifyRequest,
  form: Form,
  error: string | null = null,
): Promise<Page> {
  const { code = "" } = form;
  const invitation = await openInvitation(deps, code);
  const session = await sessionPerson(deps, request);
  const what = invitation.roles.length === 0 ? null : html` as <strong>${invitation.roles.join(", ")}</strong>`;
  const intro = html`<p>You are invited to <strong>${invitation.organization}</strong>${what}.</p>`;
  const title = "Join";
  if (session !== null) {
    const body = html`${intro}
      <form method="post" action="/accept-invitation">
        ${hidden("code", code)}
        <button>Join as ${session.email}</button>
      </form>`;
    return { title, body, error };
  }
  const address =
    invitation.email === null
      ? field({
          name: "email",
          label: "Your e-mail",
          type: "email",
          autocomplete: "username",
          value: form["email"] ?? "",
        })
      : html`<input type="hidden" name="email" autocomplete="username" value="${invitation.email}" />
          <p>Your address is <strong>${invitation.email}</strong>.</p>`;
  const body = html`${intro}
    <form method="post" action="/accept-invitation">
      ${hidden("code", code)}
      ${field({ name: "name", label: "Your name", autocomplete: "name", value: form["name"] ?? "", focus: true })}
      ${address} ${newPasswordField("password", "Choose a password")}
      <button>Join</button>
    </form>
    <p>
      Have you been here before?
      <a href="/sign-in?next=${encodeURIComponent(`/accept-invitation?code=${code}`)}">Sign in first</a>.
    </p>`;
  return { title, body, error };
}

function deadPage(error: string): Page {
  return { title: "This invitation doesn't work", body: html`<p><a href="/sign-in">Sign in</a></p>`, error };
}
