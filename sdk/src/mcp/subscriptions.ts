import { type McpServer, ProtocolError, ProtocolErrorCode, ResourceNotFoundError } from "@modelcontextprotocol/server";
import { ApiError } from "../client/errors.ts";
import { createClient, type ClientOptions } from "../client/index.ts";
import type { McpDeps } from "./deps.ts";
import { mostWatched, watchRuns } from "./watch-runs.ts";

/**
 * `resources/subscribe` of the revisions of 2025, for a server that outlives one request. Runs are watched with the credential of whoever
 * asked; once that isn't good any more the session ends, and the client begins anew.
 */
export function registerSubscriptions({ server }: McpServer, { client }: Pick<McpDeps, "client">): void {
  const watch = watchRuns(
    client,
    (uri) => void server.sendResourceUpdated({ uri }).catch(() => undefined),
    () => void server.close(),
  );
  const closed = server.onclose;
  server.onclose = () => {
    watch.close();
    closed?.();
  };
  server.setRequestHandler("resources/subscribe", async ({ params: { uri } }) => {
    const watched = await watch.add(uri).catch((error: unknown) => {
      throw error instanceof ApiError && error.status === 404 ? new ResourceNotFoundError(uri) : error;
    });
    if (watched) return {};
    const why = `Runs can be subscribed to, as gantry://runs/<id> or gantry://runs/<id>/change-set, ${mostWatched} at once.`;
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, why);
  });
  server.setRequestHandler("resources/unsubscribe", async ({ params: { uri } }) => {
    watch.remove(uri);
    return {};
  });
}

/** The same for `subscriptions/listen` of 2026-07-28, until what it returns is called. What can't be seen isn't told of. */
export function listenToRuns(api: ClientOptions, uris: readonly string[], changed: (uri: string) => void): () => void {
  const watch = watchRuns(createClient(api), changed, () => undefined);
  for (const uri of uris) watch.add(uri).catch(() => undefined);
  return () => watch.close();
}
