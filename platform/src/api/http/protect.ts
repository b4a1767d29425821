import cors from "@fastify/cors";
import type { FastifyInstance } from "fastify";
import type { ApiDeps } from "../deps.ts";
import { HostRefusedError } from "../errors.ts";
import { isLoopbackName } from "../../auth/index.ts";
import { securityHeaders } from "./security-headers.ts";

/** What every request meets before anything looks at its key: host, origin, headers of the answer. */
export async function protect(app: FastifyInstance, deps: ApiDeps): Promise<void> {
  const { allowedHosts, corsOrigins } = deps.config;
  const headers = securityHeaders({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: "no-referrer" },
    // Only where TLS is spoken, below.
    strictTransportSecurity: false,
  });
  // What is answered is for whoever asked; the few pages that are for everybody say so themselves.
  headers["cache-control"] = "no-store";
  // Only JSON is read, but where a route says otherwise: a page elsewhere can make a browser send text without asking first.
  app.removeContentTypeParser("text/plain");
  app.addHook("onRequest", (request, reply, done) => {
    void reply.headers(headers);
    // On loopback it would bind every other server of this machine, too.
    if (request.protocol === "https" && !isLoopbackName(request.hostname))
      void reply.header("strict-transport-security", "max-age=31536000");
    const refused = allowedHosts !== "any" && !allowedHosts.includes(request.hostname);
    done(refused ? new HostRefusedError(request.hostname) : undefined);
  });
  // Without origins there is no such header at all, and browsers refuse other pages by themselves.
  if (corsOrigins.length > 0) {
    await app.register(cors, {
      origin: [...corsOrigins],
      credentials: false,
      methods: ["GET", "POST", "PUT", "DELETE"],
      allowedHeaders: ["authorization", "content-type", "idempotency-key", "last-event-id", "x-request-id", ...ofMcp],
      exposedHeaders: ["x-request-id", "retry-after", "ratelimit", "ratelimit-policy", "mcp-session-id"],
      maxAge: 600,
    });
  }
}

const ofMcp = ["mcp-protocol-version", "mcp-session-id", "mcp-method", "mcp-name"];
