import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import type { AddressInfo } from "node:net";

export interface DnsService extends AsyncDisposable {
  url: string;
  records: Map<string, { address: string; note: string }>;
}

/** A DNS service to try the tool on: records behind a token, answers for everybody. */
export async function startDnsService(token: string, port = 0): Promise<DnsService> {
  const records: DnsService["records"] = new Map();
  const server = createServer(async (request, response) => {
    const [, kind, name = ""] = (request.url ?? "").split("/");
    const found = records.get(name);
    if (kind === "resolve") response.writeHead(found ? 200 : 404).end(found?.address);
    else if (request.headers.authorization !== `Bearer ${token}`) response.writeHead(401).end();
    else {
      if (request.method === "PUT")
        records.set(name, JSON.parse(await text(request)) as { address: string; note: string });
      if (request.method === "DELETE") records.delete(name);
      const entry = request.method === "PUT" ? records.get(name) : found;
      response.writeHead(entry ? 200 : 404).end(JSON.stringify(entry));
    }
  });
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    records,
    [Symbol.asyncDispose]: () => new Promise((done) => server.close(() => done())),
  };
}

// Started by itself: `node service.ts <port>`, with the token on standard input.
if (import.meta.main) await startDnsService((await text(process.stdin)).trim(), Number(process.argv[2]));
