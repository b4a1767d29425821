import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { renderSVG } from "uqr";
import { deleteOtherSessions, deleteSession, findPerson, listPasskeys, listSessions } from "../../../auth/index.ts";
import { utcMinute } from "../../../lib/utc-minute.ts";
import { askAuth, passCookies } from "../ask-auth.ts";
import { sessionPerson, type SessionPerson } from "../session-person.ts";
import type { ApiDeps } from "../../deps.ts";
import { refuseForgery } from "../../http/request-origin.ts";
import { formOf, goTo, orPage, queryOf, type Form } from "./form.ts";
import { field, hidden, html, sendPage, type Markup, type Page } from "./html.ts";
import { newPasswordField } from "./password.ts";

const config = { access: "sign-in" } as const;

/** A person's own account: how they sign in, and where they are signed in. */
export function accountPages(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/account", { config }, async (request, reply) => {
    const person = await sessionPerson(deps, request);
    if (person === null) return goTo(reply, "/sign-in?next=/account");
    return sendPage(reply, await accountPage(deps, person, { done: doneOf(queryOf(request)) }));
  });

  const on = (
    path: string,
    work: (person: SessionPerson, form: Form, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>,
  ): void => {
    app.post(`/account/${path}`, { config }, async (request, reply) => {
      refuseForgery(request, deps.signIn.origins());
      const person = await sessionPerson(deps, request);
      if (person === null) return goTo(reply, "/sign-in?next=/account");
      return orPage(
        reply,
        (error) => accountPage(deps, person, { error }),
        () => work(person, formOf(request), request, reply),
      );
    });
  };

  on("password", async (_person, form, request, reply) => {
    const body = {
      currentPassword: form["current"] ?? "",
      newPassword: form["password"] ?? "",
      revokeOtherSessions: true,
    };
    passCookies(await askAuth(deps, request, { method: "POST", path: "/change-password", body }), reply);
    return goTo(reply, "/account?done=password");
  });

  on("codes", async (_person, form, request, reply) => {
    const body = { password: form["password"] ?? "" };
    const response = await askAuth(deps, request, { method: "POST", path: "/two-factor/enable", body });
    const { totpURI, backupCodes } = (await response.json()) as { totpURI: string; backupCodes: string[] };
    return sendPage(reply, setUpPage(totpURI, backupCodes));
  });

  on("codes/confirm", async (_person, form, request, reply) => {
    const body = { code: (form["code"] ?? "").replaceAll(/\s/g, "") };
    passCookies(await askAuth(deps, request, { method: "POST", path: "/two-factor/verify-totp", body }), reply);
    return goTo(reply, "/account?done=codes");
  });

  on("codes/off", async (_person, form, request, reply) => {
    const body = { password: form["password"] ?? "" };
    passCookies(await askAuth(deps, request, { method: "POST", path: "/two-factor/disable", body }), reply);
    return goTo(reply, "/account?done=codes-off");
  });

  on("passkeys/remove", async (_person, form, request, reply) => {
    const body = { id: form["id"] ?? "" };
    await askAuth(deps, request, { method: "POST", path: "/passkey/delete-passkey", body });
    return goTo(reply, "/account?done=passkey-removed");
  });

  on("sessions/end", async (person, form, _request, reply) => {
    if (form["id"] === "others") await deleteOtherSessions(deps.authPool, person.person, person.id);
    else if (/^[0-9a-f-]{36}$/.test(form["id"] ?? ""))
      await deleteSession(deps.authPool, person.person, form["id"] ?? "");
    return goTo(reply, "/account?done=session");
  });

  on("verify", async (person, _form, request, reply) => {
    const body = { email: person.email, callbackURL: "/account?done=verified" };
    await askAuth(deps, request, { method: "POST", path: "/send-verification-email", body });
    return goTo(reply, "/account?done=verification-sent");
  });
}

async function accountPage(
  { authPool, signIn }: ApiDeps,
  session: SessionPerson,
  said: { error?: string; done?: string | null },
): Promise<Page> {
  const [person, passkeys, sessions] = await Promise.all([
    findPerson(authPool, { id: session.person }),
    listPasskeys(authPool, session.person),
    listSessions(authPool, session.person, signIn.config.idleSeconds),
  ]);
  const body = html`<p>${session.name}, <strong>${session.email}</strong></p>
    ${
      person?.emailVerified === false &&
      html`<form method="post" action="/account/verify">
        <p class="hint">We don't know yet that this address is yours.</p>
        <button class="second">Send a link to it</button>
      </form>`
    }
    <h2>Second step</h2>
    ${person?.twoFactorEnabled === true ? codesOn : codesOff}
    <h2>Passkeys</h2>
    <ul class="list">
      ${passkeys.map(
        ({ id, name, createdAt }) =>
          html`<li>
            <p>${name ?? "Passkey"}</p>
            <p class="hint">since ${day(createdAt)}</p>
            <form method="post" action="/account/passkeys/remove">
              ${hidden("id", id)}<button class="second">Remove ${name ?? "this passkey"}</button>
            </form>
          </li>`,
      )}
    </ul>
    ${passkeys.length === 0 && html`<p>None yet. With one you sign in by your finger, your face or your device's PIN.</p>`}
    ${field({ name: "passkey-name", label: "Name of a new one", required: false })}
    <button type="button" class="second" data-passkey="register" hidden>Add a passkey</button>
    <p id="passkey-said" class="hint" role="status"></p>
    <h2>Where you are signed in</h2>
    <ul class="list">
      ${sessions.map(
        (one) =>
          html`<li>
            <p>${one.name ?? deviceOf(one.userAgent)}${one.id === session.id && html` <strong>(this one)</strong>`}</p>
            <p class="hint">
              ${one.address ?? "unknown address"}, last used ${utcMinute(one.lastSeenAt)}, until
              ${utcMinute(one.expiresAt)} at most
            </p>
            <form method="post" action="/account/sessions/end">
              ${hidden("id", one.id)}<button class="second">Sign out there</button>
            </form>
          </li>`,
      )}
    </ul>
    <form method="post" action="/account/sessions/end">
      ${hidden("id", "others")}<button class="second">Sign out everywhere else</button>
    </form>
    <h2>Password</h2>
    <form method="post" action="/account/password">
      ${field({ name: "current", label: "Current password", type: "password", autocomplete: "current-password" })}
      ${newPasswordField("password", "New password")}
      <button class="second">Change it</button>
    </form>
    <form method="post" action="/sign-out"><button class="second">Sign out</button></form>`;
  return { title: "Your account", body, script: true, ...said };
}

const codesOff = html`<p>With an authenticator app a stolen password isn't enough.</p>
  <form method="post" action="/account/codes">
    ${field({ name: "password", label: "Your password", type: "password", autocomplete: "current-password" })}
    <button class="second">Set up an authenticator app</button>
  </form>`;

const codesOn = html`<p>Signing in asks for a code of your authenticator app.</p>
  <form method="post" action="/account/codes/off">
    ${field({ name: "password", label: "Your password", type: "password", autocomplete: "current-password" })}
    <button class="second">Turn it off</button>
  </form>`;

function setUpPage(uri: string, recovery: readonly string[]): Page {
  const secret = new URL(uri).searchParams.get("secret") ?? "";
  // Made by us from the address alone: no text of others stands in it.
  const image: Markup = { markup: renderSVG(uri) };
  const body = html`<p>1. Read this with your authenticator app, or type the key into it.</p>
    <div class="qr" role="img" aria-label="Code for the authenticator app">${image}</div>
    <p class="codes">${secret.replaceAll(/(.{4})/g, "$1 ").trim()}</p>
    <h2>Recovery codes</h2>
    <p>
      2. Keep these somewhere safe. Each lets you in once when you don't have your app, and they aren't shown again.
    </p>
    <ul class="codes">
      ${recovery.map((code) => html`<li>${code}</li>`)}
    </ul>
    <h2>Try it</h2>
    <form method="post" action="/account/codes/confirm">
      ${field({ name: "code", label: "3. The six digits that the app shows now", numeric: true, autocomplete: "one-time-code" })}
      <button>Turn it on</button>
    </form>
    <p><a href="/account">Not now</a></p>`;
  return { title: "Set up an authenticator app", body };
}

function doneOf({ done = "" }: Form): string | null {
  return Object.hasOwn(told, done) ? (told[done] ?? null) : null;
}

const told: Readonly<Record<string, string>> = {
  password: "Your password is changed, and you are signed out everywhere else.",
  codes: "From now on signing in asks for a code.",
  "codes-off": "Signing in doesn't ask for a code any more.",
  passkey: "The passkey is added.",
  "passkey-removed": "The passkey is removed. Remove it from your device too.",
  session: "Signed out there.",
  verified: "Thank you, the address is yours.",
  "verification-sent": "A message is on its way to your address.",
};

function deviceOf(userAgent: string | null): string {
  if (userAgent === null || userAgent === "") return "Unknown device";
  if (userAgent.startsWith("gantry-cli/")) return "Command line";
  const browser = /(Edg|Firefox|Chrome|Safari)\//.exec(userAgent)?.[1]?.replace("Edg", "Edge") ?? "Browser";
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(userAgent)?.[1];
  return system === undefined ? browser : `${browser} on ${system}`;
}

function day(at: Date): string {
  return at.toISOString().slice(0, 10);
}
