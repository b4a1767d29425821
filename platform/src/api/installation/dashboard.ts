import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hasSessionCookie } from "../../auth/index.ts";
import { NotFoundError } from "../errors.ts";
import { securityHeaders } from "../http/security-headers.ts";

const built = fileURLToPath(new URL("../../../../dashboard/dist/", import.meta.url));

/** Nothing but our own files, and nothing inline: text that slips into a page of the dashboard runs nothing and loads nothing. */
const headers = securityHeaders({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  },
  referrerPolicy: { policy: "no-referrer" },
  strictTransportSecurity: false,
});

/**
 * The dashboard: files that `npm run build` made. Anybody may load them, since they hold nothing but the program; what it shows it asks
 * of the API, with the session of whoever looks. Its own addresses all lead to the one page, for whoever has a session.
 */
export async function dashboardRoutes(app: FastifyInstance): Promise<void> {
  // Answered without asking anything.
  const config = { access: "public", counted: false } as const;
  // Looked at for each request: whoever builds it needn't start the server anew.
  await app.register(fastifyStatic, { root: built, serve: false, preCompressed: true, cacheControl: false });

  app.get("/assets/:name", { config }, (request, reply) => {
    const { name } = request.params as { name: string };
    // Their names change with their content.
    return reply.header("cache-control", "public, max-age=31536000, immutable").sendFile(`assets/${name}`);
  });
  for (const name of ["icon.svg", "early.js"])
    app.get(`/${name}`, { config }, (_request, reply) => reply.header("cache-control", "no-cache").sendFile(name));

  const page = ({ url, headers: { cookie } }: FastifyRequest, reply: FastifyReply): FastifyReply => {
    // Its program would be told the same by each of its first questions.
    if (!hasSessionCookie(cookie))
      return reply
        .header("cache-control", "no-store")
        .redirect(url === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(url)}`);
    void reply.headers(headers).header("cache-control", "no-cache");
    if (existsSync(`${built}index.html`)) return reply.sendFile("index.html");
    return reply.type("text/html; charset=utf-8").send(notBuilt);
  };
  app.get("/", { config }, page);
  // Counted, as everything else that leads nowhere.
  app.get("/*", { config: { access: "public" } }, (request, reply) => {
    const { "*": path } = request.params as { "*": string };
    const asked = (request.headers.accept ?? "").includes("text/html");
    // A file that isn't there; further down a point belongs to a name, as in /runbooks/deploy.service.
    if (!asked || /^(api|docs|errors|assets)(\/|$)|^[^/]*\.\w+$/.test(path)) throw new NotFoundError();
    return page(request, reply);
  });
}

const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gantry</title>
<link rel="stylesheet" href="/pages.css">
<main>
<h1>The dashboard isn't built</h1>
<p>Gantry runs, and the command line does all that the dashboard does. To have it here, run this in Gantry's folder and reload:</p>
<pre>npm run build</pre>
</main>
</html>
`;
