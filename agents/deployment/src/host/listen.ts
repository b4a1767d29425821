import { createServer } from "node:http";
import type { Server } from "node:http";
import type { Edge } from "./edge.ts";
import type { HostConfig } from "./protocol.ts";

/** How soon a port that was taken is tried again. */
const retryMs = 500;
/** As long as nginx: clients should find their connection open when they come back. */
const keepAliveMs = 75_000;

export interface PublicServer {
  /** Resolves after the first try, whatever came of it; a taken port is tried again and again. */
  open(): Promise<void>;
  state(): { listening: boolean; listenError: string | null };
  /** Takes no new connections. */
  close(): void;
}

/** The server on the service's public port. */
export function createPublicServer(edge: Edge, { address, port }: HostConfig): PublicServer {
  const server: Server = createServer(
    // A long upload or download is the service's affair; only the headers have to come in time.
    { keepAliveTimeout: keepAliveMs, headersTimeout: 60_000, requestTimeout: 0, noDelay: true },
    edge.request,
  );
  server.on("upgrade", edge.upgrade);
  let error: string | null = null;
  let timer: NodeJS.Timeout | null = null;

  const tryOnce = (): Promise<void> =>
    new Promise((resolve) => {
      server.once("error", (failure: NodeJS.ErrnoException) => {
        error = failure.code ?? failure.message;
        timer = setTimeout(() => void tryOnce(), retryMs);
        resolve();
      });
      server.listen({ host: address, port, backlog: 1_024 }, () => {
        server.removeAllListeners("error");
        server.on("error", () => undefined); // A failed accept concerns that connection alone.
        error = null;
        resolve();
      });
    });

  return {
    open: tryOnce,
    state: () => ({ listening: server.listening, listenError: error }),
    close() {
      clearTimeout(timer ?? undefined);
      if (server.listening) server.close();
      server.closeIdleConnections();
    },
  };
}
