import type { FastifyInstance } from "fastify";
import { askAuth } from "../ask-auth.ts";
import { sessionPerson } from "../session-person.ts";
import type { ApiDeps } from "../../deps.ts";
import { formOf, goTo, orPage, queryOf } from "./form.ts";
import { field, hidden, html, sendPage, type Page } from "./html.ts";

const config = { access: "sign-in" } as const;

/** RFC 8628: a person lets a command line in that shows them a code. They must compare it: somebody else may have sent the link. */
export function devicePages(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/device", { config }, async (request, reply) => {
    const { user_code: code = "" } = queryOf(request);
    const person = await sessionPerson(deps, request);
    if (person === null) return goTo(reply, `/sign-in?next=${encodeURIComponent(`/device?user_code=${code}`)}`);
    if (code === "") return sendPage(reply, codePage());
    return orPage(reply, codePage, async () => {
      const path = `/device?user_code=${encodeURIComponent(code)}`;
      const answer = (await (await askAuth(deps, request, { method: "GET", path })).json()) as { status?: string };
      if (answer.status !== "pending")
        return sendPage(reply, codePage("That code was used already; ask for a new one."));
      return sendPage(reply, confirmPage(code, person.email));
    });
  });

  app.post("/device", { config }, async (request, reply) => {
    const { user_code: code = "", decision = "" } = formOf(request);
    return orPage(reply, codePage, async () => {
      const allow = decision === "allow";
      const path = allow ? "/device/approve" : "/device/deny";
      await askAuth(deps, request, { method: "POST", path, body: { userCode: code } });
      const done = allow ? "The command line is signed in as you." : "The command line was not let in.";
      const body = html`<p>You can close this page.</p>
        <p><a href="/account">Your account</a></p>`;
      return sendPage(reply, { title: allow ? "Done" : "Refused", body, done });
    });
  });
}

function codePage(error: string | null = null): Page {
  const body = html`<form method="get" action="/device">
    ${field({ name: "user_code", label: "The code that the command line shows", focus: true })}
    <button>Go on</button>
  </form>`;
  return { title: "Sign in a command line", body, error };
}

function confirmPage(code: string, email: string): Page {
  const body = html`<p>A command line wants to work as <strong>${email}</strong>. Does it show this code?</p>
    <p class="code">${code.toUpperCase()}</p>
    <form method="post" action="/device">
      ${hidden("user_code", code)}
      <button name="decision" value="allow">Yes, sign it in</button>
      <button name="decision" value="deny" class="second">No</button>
    </form>
    <p class="hint">If somebody sent you this link, or you didn't just type “gantry login”, say no.</p>`;
  return { title: "Sign in a command line", body };
}
