import type { FastifyInstance } from "fastify";
import { askAuth } from "../ask-auth.ts";
import type { ApiDeps } from "../../deps.ts";
import { formOf, goTo, orPage, queryOf } from "./form.ts";
import { field, hidden, html, sendPage, type Page } from "./html.ts";

const config = { access: "sign-in" } as const;

/** A new password for who forgot theirs, by a link to their mailbox. */
export function passwordPages(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/forgot-password", { config }, async (_request, reply) => sendPage(reply, forgotPage()));

  app.post("/forgot-password", { config }, async (request, reply) =>
    orPage(reply, forgotPage, async () => {
      const email = (formOf(request)["email"] ?? "").trim();
      await askAuth(deps, request, { method: "POST", path: "/request-password-reset", body: { email } });
      // The same whether there is such a person or not.
      const done = "If somebody has that address here, a message is on its way to it. Its link is good for 30 minutes.";
      return sendPage(reply, { title: "Look into your mailbox", body: html`<p><a href="/sign-in">Back</a></p>`, done });
    }),
  );

  app.get("/reset-password", { config }, async (request, reply) =>
    sendPage(reply, resetPage(queryOf(request)["token"] ?? "")),
  );

  app.post("/reset-password", { config }, async (request, reply) => {
    const { token = "", password = "" } = formOf(request);
    return orPage(
      reply,
      (error) => resetPage(token, error),
      async () => {
        const body = { token, newPassword: password };
        await askAuth(deps, request, { method: "POST", path: "/reset-password", body });
        return goTo(reply, "/sign-in?done=password");
      },
    );
  });
}

function forgotPage(error: string | null = null): Page {
  const body = html`<p>We send a link to your address with which you choose a new password.</p>
    <form method="post" action="/forgot-password">
      ${field({ name: "email", label: "E-mail", type: "email", autocomplete: "username", focus: true })}
      <button>Send the link</button>
    </form>
    <p><a href="/sign-in">Back</a></p>`;
  return { title: "Forgot your password?", body, error };
}

function resetPage(token: string, error: string | null = null): Page {
  const body = html`<form method="post" action="/reset-password">
      ${hidden("token", token)} ${newPasswordField("password", "New password")}
      <button>Change the password</button>
    </form>
    <p class="hint">You are signed out everywhere else.</p>`;
  return { title: "A new password", body, error };
}

export function newPasswordField(name: string, label: string) {
  const hint = "At least 12 characters. Four unrelated words are good, and easy to remember.";
  return field({ name, label, type: "password", autocomplete: "new-password", hint });
}
