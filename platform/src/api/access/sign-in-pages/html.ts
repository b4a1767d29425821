import type { FastifyReply } from "fastify";
import { escape } from "../../docs/markdown.ts";

/** Text that is HTML already. Made by `html` only, which escapes everything else. */
export interface Markup {
  readonly markup: string;
}

type Part = string | number | null | false | Markup | readonly Markup[];

export function html(texts: TemplateStringsArray, ...parts: Part[]): Markup {
  return { markup: texts.reduce((before, text, index) => before + render(parts[index - 1] ?? null) + text) };
}

function render(part: Part): string {
  if (part === null || part === false) return "";
  if (typeof part === "string" || typeof part === "number") return escape(String(part)).replaceAll("'", "&#39;");
  return "markup" in part ? part.markup : part.map(({ markup }) => markup).join("\n");
}

export interface Page {
  title: string;
  body: Markup;
  /** What went wrong, above everything else. */
  error?: string | null;
  /** What went well. */
  done?: string | null;
  /** Whether the script for passkeys belongs to it. */
  script?: boolean;
}

/**
 * These pages work without scripts; the one that they may load is ours and speaks to passkeys. They send forms to this server only, and
 * say where they are from, or we couldn't tell them from other sites.
 */
const policy =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

export function sendPage(reply: FastifyReply, page: Page, status = 200): FastifyReply {
  return reply
    .code(status)
    .header("content-security-policy", policy)
    .header("referrer-policy", "same-origin")
    .header("cache-control", "no-store")
    .type("text/html; charset=utf-8")
    .send(layout(page, themeOf(reply.request.headers.cookie)));
}

/** What was chosen in the dashboard (dashboard/src/app/theme.ts); without it the system's choice holds. */
function themeOf(cookies = ""): "light" | "dark" | null {
  const [, theme] = /(?:^|; )gantry-theme=(light|dark)(?:;|$)/.exec(cookies) ?? [];
  return theme === "light" || theme === "dark" ? theme : null;
}

/** The dashboard's icon. In the page, because its file is there only once the dashboard is built. */
const mark: Markup = {
  markup:
    '<svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true"><rect width="32" height="32" rx="7" fill="#0b5cad"/><path d="M6 11h20M9 11v14M23 11v14M16 11v5m-3 0h6v5h-6z" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/></svg>',
};

function layout({ title, body, error = null, done = null, script = false }: Page, theme: string | null): string {
  return html`<!doctype html>
    <html lang="en" ${theme !== null && html`data-theme="${theme}"`}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Gantry</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/sign-in.css" />
        ${script && html`<script src="/sign-in.js" defer></script>`}
      </head>
      <body>
        <main>
          <p class="brand">
            <a href="/">${mark}Gantry</a>
          </p>
          <h1>${title}</h1>
          ${error !== null && html`<p class="error" role="alert">${error}</p>`}
          ${done !== null && html`<p class="done" role="status">${done}</p>`} ${body}
        </main>
      </body>
    </html> `.markup;
}

export interface Field {
  name: string;
  label: string;
  type?: "text" | "email" | "password";
  autocomplete?: string;
  value?: string;
  hint?: string;
  /** For codes: digits on a telephone's keyboard. */
  numeric?: boolean;
  required?: boolean;
  focus?: boolean;
}

export function field(one: Field): Markup {
  const { name, label, type = "text", autocomplete = "off", value = "", hint, required = true } = one;
  return html`<label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      autocomplete="${autocomplete}"
      value="${value}"
      ${
        hint !== undefined && html` aria-describedby="${name}-hint"`
      }${one.numeric === true && html` inputmode="numeric"`}${required && html` required`}${one.focus === true && html` autofocus`}${
        type === "password" || one.numeric === true ? html` spellcheck="false" autocapitalize="none"` : null
      }
    />
    ${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}`;
}

export function hidden(name: string, value: string): Markup {
  return html`<input type="hidden" name="${name}" value="${value}" />`;
}
