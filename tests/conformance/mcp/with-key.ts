import { once } from "node:events";
import { createServer, request, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** Passes everything on as it came, with a key: for clients that have no way to be given one. */
export async function withKey(target: string, key: string): Promise<{ url: string } & AsyncDisposable> {
  const to = new URL(target);
  const server = createServer((incoming, outgoing) => {
    const headers: IncomingHttpHeaders = { ...incoming.headers, authorization: `Bearer ${key}` };
    // Its own name stands for the target's; a strange one stays, so that the target sees it.
    const own = `localhost:${(server.address() as AddressInfo).port}`;
    for (const name of ["host", "origin"] as const)
      if (headers[name] !== undefined) headers[name] = headers[name].replace(own, to.host);
    const { method, url: path } = incoming;
    const sent = request({ host: to.hostname, port: to.port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    sent.on("error", () => outgoing.destroy());
    outgoing.on("close", () => sent.destroy());
    incoming.pipe(sent);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
