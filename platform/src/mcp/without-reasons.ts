/** What an authorization server may say of a refusal that decides something here (RFC 6749, 5.2). */
export const refusals: ReadonlySet<string> = new Set([
  "invalid_grant",
  "invalid_client",
  "unauthorized_client",
  "access_denied",
  "invalid_scope",
]);

/**
 * `fetch`, without the words of whoever refuses: what an authorization server says may repeat what it was given, and the protocol's package
 * writes it to stderr. What the server itself says stays, and of the others `known`: without it they all deny access, which is tried once.
 */
export function withoutReasons(
  fetch: typeof globalThis.fetch,
  server: URL,
  known?: ReadonlySet<string>,
): typeof globalThis.fetch {
  return async (input, init) => {
    const answer = await fetch(input, init);
    const { href } = new URL(input instanceof Request ? input.url : input);
    if (answer.ok || href === server.href) return answer;
    const said = known === undefined || answer.status >= 500 ? undefined : reasonIn(await answer.text());
    if (!answer.bodyUsed) await answer.body?.cancel();
    const error = known === undefined ? "access_denied" : known.has(said ?? "") ? said : "server_error";
    return Response.json({ error }, { status: answer.status });
  };
}

function reasonIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}
