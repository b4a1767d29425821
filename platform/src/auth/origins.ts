/** Where people reach this installation with a browser, and so: for which sites its cookies and passkeys are. */
export interface Origins {
  /** For links in messages: never what a request says of itself. */
  main: string;
  /** The one that a request came to; null when it isn't one of ours. */
  of(host: string | undefined): string | null;
}

/**
 * On loopback a browser may say `localhost` or `127.0.0.1`, which are two sites; passkeys work on the first only. Everywhere else
 * there is the configured address and nothing besides.
 */
export function createOrigins(url: string): Origins {
  const { protocol, port, hostname, origin } = new URL(url);
  const ofLoopback = (name: string) => `${protocol}//${name}${port === "" ? "" : `:${port}`}`;
  if (!isLoopbackName(hostname)) return { main: origin, of: (host) => (host === new URL(origin).host ? origin : null) };
  const known = ["localhost", "127.0.0.1", "[::1]"].map(ofLoopback);
  return {
    main: ofLoopback("localhost"),
    of: (host) => known.find((one) => new URL(one).host === host) ?? null,
  };
}

export function isLoopbackName(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}
