import { createServer, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import type { FastifyServerFactory } from "fastify";
import { clientBlock } from "./http/client-block.ts";
import type { ApiDeps, Certificate } from "./deps.ts";

/** The server under the API: slow senders, endless headers and hoarders of connections are cut off by it, before any of our code. */
export function createServerFactory({
  certificate,
  config: { connections, trustedProxies },
}: Pick<ApiDeps, "certificate" | "config">): FastifyServerFactory {
  return (handler) => {
    const options = {
      maxHeaderSize: connections.headerBytes,
      headersTimeout: connections.headersMs,
      requestTimeout: connections.requestMs,
      keepAliveTimeout: connections.idleMs,
      // How often those are looked at.
      connectionsCheckingInterval: Math.min(5_000, connections.headersMs),
    };
    const server =
      certificate === null
        ? createServer(options, handler)
        : createTlsServer({ ...options, ...certificate.pem(), minVersion: "TLSv1.2" }, handler);
    if (certificate !== null) followCertificate(server as TlsServer, certificate);
    if (trustedProxies.length === 0) limitPerAddress(server, connections.perAddress);
    return server;
  };
}

/** For new connections; those that stand keep what they began with. */
function followCertificate(server: TlsServer, certificate: Certificate): void {
  const stop = certificate.onChange((pem) => server.setSecureContext({ ...pem, minVersion: "TLSv1.2" }));
  server.once("close", stop);
}

function limitPerAddress(server: Server | TlsServer, most: number): void {
  const open = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const who = clientBlock(socket.remoteAddress ?? "");
    const count = (open.get(who) ?? 0) + 1;
    if (count > most) {
      socket.destroy();
      return;
    }
    open.set(who, count);
    socket.once("close", () => {
      const left = (open.get(who) ?? 1) - 1;
      if (left === 0) open.delete(who);
      else open.set(who, left);
    });
  });
}
