import type { FastifyInstance } from "fastify";
import { GantryError } from "@gantry/sdk";
import { aboutGantry, callbackPath, documentPath } from "../../../mcp/index.ts";
import { writeAudit } from "../../../store/records/audit-records.ts";
import type { ApiDeps } from "../../deps.ts";
import { sessionPerson } from "../session-person.ts";
import { statusCodeOf } from "../../http/status-code.ts";
import { goTo, queryOf } from "./form.ts";
import { html, sendPage, type Page } from "./html.ts";

/**
 * Where an authorization server of others sends a person back to, who signed in to a server of the Model Context Protocol. What was begun is
 * ended by its own person alone, whose session this browser has: nobody's account there can be put in the place of another's.
 */
export function mcpSignInPages(app: FastifyInstance, deps: ApiDeps): void {
  app.get(callbackPath, { config: { access: "sign-in" } }, async (request, reply) => {
    const person = await sessionPerson(deps, request);
    if (person === null) return goTo(reply, `/sign-in?next=${encodeURIComponent(request.url)}`);
    const { state = "", code = null, iss = null, error = null } = queryOf(request);
    try {
      const ended = await deps.mcpSignIns.end({
        state,
        person: person.person,
        answer: { code, iss, error },
        record: (db, { org, server }, result) =>
          writeAudit(db, {
            id: deps.newId(),
            org,
            actor: { kind: "user", id: person.person, name: person.email, person: person.person },
            action: "mcpServers.signedIn",
            target: { server },
            result,
            source: { address: request.ip, userAgent: request.headers["user-agent"] ?? "" },
            requestId: request.id,
          }),
      });
      return await (ended === null ? sendPage(reply, latePage, 404) : sendPage(reply, donePage(ended.server)));
    } catch (failure) {
      if (!(failure instanceof GantryError)) throw failure;
      return sendPage(reply, { ...refusedPage, error: failure.message }, statusCodeOf(failure));
    }
  });

  // What a client says of itself to an authorization server that reads it (client identifier metadata documents).
  app.get(documentPath, { config: { access: "public" } }, async (request) => {
    const origins = deps.signIn.origins();
    const origin = origins.of(request.host) ?? origins.main;
    return { client_id: origin + documentPath, ...aboutGantry(origin + callbackPath) };
  });
}

function donePage(server: string): Page {
  return {
    title: "Signed in",
    done: `Plans of your organization can use the MCP server ${server} with what you allowed there.`,
    body: html`<p>Go back to where you began. You can close this page.</p>
      <p><a href="/settings/mcp?show=${encodeURIComponent(server)}">See what it has</a></p>`,
  };
}

const refusedPage: Page = {
  title: "Not signed in",
  body: html`<p>Nothing was kept. <a href="/settings/mcp">To the MCP servers</a></p>`,
};

const latePage: Page = {
  title: "Nothing to end",
  body: html`<p>
    This sign-in was ended before, its time is up, or somebody else began it: sign in here as the person who did, or
    begin anew. <a href="/settings/mcp">To the MCP servers</a>
  </p>`,
};
