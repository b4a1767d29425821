import type { FastifyInstance } from "fastify";
import { SignInFailedError } from "../../../auth/index.ts";
import { askAuth, passCookies } from "../ask-auth.ts";
import { sessionPerson } from "../session-person.ts";
import type { ApiDeps } from "../../deps.ts";
import { formOf, goTo, nextOf, orPage, queryOf, type Form } from "./form.ts";
import { field, hidden, html, sendPage, type Page } from "./html.ts";

const config = { access: "sign-in" } as const;

/** Signing in and out: with a password, a code after it, a passkey, or an account elsewhere. */
export function signInPages(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/sign-in", { config }, async (request, reply) => {
    const query = queryOf(request);
    if ((await sessionPerson(deps, request)) !== null) return goTo(reply, nextOf(query));
    return sendPage(reply, signInPage(deps, query, errorOf(query)));
  });

  app.post("/sign-in", { config }, async (request, reply) => {
    const form = formOf(request);
    return orPage(
      reply,
      (error) => signInPage(deps, form, error),
      async () => {
        const body = { email: (form["email"] ?? "").trim(), password: form["password"] ?? "" };
        const response = await askAuth(deps, request, { method: "POST", path: "/sign-in/email", body });
        passCookies(response, reply);
        const { twoFactorRedirect } = (await response.json()) as { twoFactorRedirect?: boolean };
        const next = nextOf(form);
        return goTo(reply, twoFactorRedirect === true ? `/sign-in/code?next=${encodeURIComponent(next)}` : next);
      },
    );
  });

  app.get("/sign-in/code", { config }, async (request, reply) => sendPage(reply, codePage(queryOf(request))));

  app.post("/sign-in/code", { config }, async (request, reply) => {
    const form = formOf(request);
    return orPage(
      reply,
      (error) => codePage(form, error),
      async () => {
        const code = (form["code"] ?? "").trim();
        const digits = code.replaceAll(/\s/g, "");
        const question = /^\d{6}$/.test(digits)
          ? { path: "/two-factor/verify-totp", body: { code: digits } }
          : { path: "/two-factor/verify-backup-code", body: { code } };
        passCookies(await askAuth(deps, request, { method: "POST", ...question }), reply);
        return goTo(reply, nextOf(form));
      },
    );
  });

  app.get("/sign-in/with/:provider", { config }, async (request, reply) => {
    const { provider } = request.params as { provider: string };
    const query = queryOf(request);
    return orPage(
      reply,
      (error) => signInPage(deps, query, error),
      async () => {
        if (!deps.signIn.providers.some(({ id }) => id === provider))
          throw new SignInFailedError("There is no such identity provider.");
        const body = {
          provider,
          callbackURL: nextOf(query),
          errorCallbackURL: `/sign-in?next=${encodeURIComponent(nextOf(query))}`,
          disableRedirect: true,
        };
        const response = await askAuth(deps, request, { method: "POST", path: "/sign-in/social", body });
        passCookies(response, reply);
        const { url } = (await response.json()) as { url: string };
        return reply.code(303).header("location", url).send();
      },
    );
  });

  app.post("/sign-out", { config }, async (request, reply) => {
    passCookies(await askAuth(deps, request, { method: "POST", path: "/sign-out", body: {} }), reply);
    return goTo(reply, "/sign-in");
  });
}

function signInPage({ signIn }: ApiDeps, form: Form, error: string | null = null): Page {
  const next = nextOf(form);
  const withNext = `?next=${encodeURIComponent(next)}`;
  const body = html`<form method="post" action="/sign-in">
      ${hidden("next", next)}
      ${field({ name: "email", label: "E-mail", type: "email", autocomplete: "username webauthn", value: form["email"] ?? "", focus: true })}
      ${field({ name: "password", label: "Password", type: "password", autocomplete: "current-password" })}
      <button>Sign in</button>
    </form>
    <p><a href="/forgot-password">Forgot your password?</a></p>
    <p class="or">or</p>
    <button type="button" class="second" data-passkey="sign-in" data-next="${next}" hidden>
      Sign in with a passkey
    </button>
    <p id="passkey-said" class="hint" role="status"></p>
    <noscript><p class="hint">Passkeys need JavaScript; everything else here works without.</p></noscript>
    ${signIn.providers.map(({ id, name }) => html`<a class="button second" href="/sign-in/with/${id}${withNext}">Sign in with ${name}</a>`)}`;
  const done = form["done"] === "password" ? "Your password is changed. Sign in with the new one." : null;
  return { title: "Sign in", body, error, done, script: true };
}

function codePage(form: Form, error: string | null = null): Page {
  const body = html`<p>
      Enter the six digits that your authenticator app shows for Gantry, or one of your recovery codes.
    </p>
    <form method="post" action="/sign-in/code">
      ${hidden("next", nextOf(form))}
      ${field({ name: "code", label: "Code", autocomplete: "one-time-code", focus: true })}
      <button>Go on</button>
    </form>
    <p><a href="/sign-in">Start again</a></p>`;
  return { title: "One more step", body, error };
}

/** What an identity provider, or our look at its answer, refused. */
function errorOf({ error, error_description: why }: Form): string | null {
  if (error === undefined) return null;
  const known = refusals[error] ?? "Signing in there didn't work.";
  return why === undefined ? known : `${known} It says: ${why.slice(0, 300)}`;
}

const refusals: Readonly<Record<string, string>> = {
  access_denied: "You were not let in there.",
  signup_disabled: "You aren't invited here yet; ask an administrator for an invitation.",
  account_not_linked:
    "There is somebody with your address already. Sign in with your password, and verify your address on your account's page first.",
};
