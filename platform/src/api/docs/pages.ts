import { readFile } from "node:fs/promises";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { look } from "./look.ts";
import { escape, renderMarkdown } from "./markdown.ts";
import { openApiDocument } from "./openapi.ts";
import { renderReference } from "./reference.ts";

const docs = new URL("../../../../docs/", import.meta.url);

/** Pages of docs/reference that the server shows besides the API's own, which is made from the contract. */
const references: Readonly<Record<string, string>> = {
  events: "Events",
  errors: "Errors",
  cli: "Command line",
  configuration: "Configuration",
  "exit-codes": "Exit codes",
};

/** Pages for people and the description for programs: no script, no key, and nothing from anywhere else. */
export function pageRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const config = { access: "public" } as const;
  // Made when somebody first asks: a start needn't wait for it.
  const document = once(() => openApiDocument(deps.config.version));
  const reference = once(() => page("API of Gantry", contents + renderMarkdown(renderReference(document()))));

  app.get("/openapi.json", { config }, async () => document());
  app.get("/docs", { config }, async (_request, reply) => reply.type("text/html; charset=utf-8").send(reference()));
  app.get("/docs/:page", { config }, async (request, reply) => {
    const { page: name } = request.params as { page: string };
    const title = Object.hasOwn(references, name) ? references[name] : undefined;
    if (title === undefined) throw new NotFoundError();
    const text = await readFile(new URL(`reference/${name}.md`, docs), "utf8");
    if (wantsMarkdown(request)) return reply.type(markdown).send(text);
    const body = contents + renderMarkdown(text.replaceAll(/\]\(\.\.\/errors\/(\w+)\.md\)/g, "](/errors/$1)"));
    return reply.type("text/html; charset=utf-8").send(page(`${title} of Gantry`, body));
  });
  app.get("/pages.css", { config }, async (_request, reply) => reply.type("text/css; charset=utf-8").send(style));
  app.get("/errors/:code", { config }, async (request, reply) => {
    const { code } = request.params as { code: string };
    if (!/^[a-z][a-z0-9_]{0,63}$/.test(code)) throw new NotFoundError();
    const text = await readFile(new URL(`errors/${code}.md`, docs), "utf8").catch(() => null);
    if (text === null) throw new NotFoundError();
    if (wantsMarkdown(request)) return reply.type(markdown).send(text);
    return reply.type("text/html; charset=utf-8").send(page(code, contents + renderMarkdown(text)));
  });
}

const markdown = "text/markdown; charset=utf-8";

/** Programs read the text that the pages are made of. */
function wantsMarkdown({ headers }: FastifyRequest): boolean {
  return headers.accept?.startsWith("text/markdown") === true;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

const contents = `<nav><a href="/">Gantry</a> · <a href="/docs">API</a>${Object.entries(references)
  .map(([name, title]) => ` · <a href="/docs/${name}">${title}</a>`)
  .join("")}</nav>\n`;

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<link rel="stylesheet" href="/pages.css">
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

const style = `${look}main { max-width: 60rem; margin: 1.5rem auto; padding: 0 1rem 3rem; overflow-wrap: break-word; }
h1 { font-size: 1.1875rem; line-height: 1.3; }
h2 { margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: 1rem; }
h3 { margin-top: 1.75rem; font-size: 0.875rem; line-height: 1.3; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre { overflow-x: auto; padding: 0.625rem 0.75rem; background: var(--sunken); border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid var(--line); }
td:last-child { overflow-wrap: anywhere; padding-right: 0; }
@media (min-width: 40rem) { td:not(:last-child) { white-space: nowrap; } }
`;
