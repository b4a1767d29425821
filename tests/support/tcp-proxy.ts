import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** Stands between a client and Postgres; what it does to what passes is the test's choice. */
export interface TcpProxy extends AsyncDisposable {
  url: string;
  /** Swallows the next answer whose request matched, after the server has given it, and cuts the connection. */
  cutAnswerTo(request: RegExp): Promise<void>;
  /** Cuts every connection and refuses new ones until `heal`. */
  cut(): void;
  heal(): void;
}

export async function startTcpProxy(databaseUrl: string): Promise<TcpProxy> {
  const target = new URL(databaseUrl);
  const socketDirectory =
    target.searchParams.get("host") ?? (target.hostname.startsWith("%2F") ? decodeURIComponent(target.hostname) : null);
  const port = Number(target.port || target.searchParams.get("port") || 5432);
  const pairs = new Set<[Socket, Socket]>();
  let waiting: { request: RegExp; done: () => void } | null = null;
  let down = false;

  const server = createServer((client) => {
    if (down) return void client.destroy();
    const upstream = socketDirectory ? connect(`${socketDirectory}/.s.PGSQL.${port}`) : connect(port, target.hostname);
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    let swallow: (() => void) | null = null;
    const end = (): void => {
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    client.on("data", (chunk) => {
      if (waiting?.request.test(chunk.toString("latin1"))) {
        swallow = waiting.done;
        waiting = null;
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (!swallow) return void client.write(chunk);
      const done = swallow;
      end();
      done();
    });
    for (const socket of pair) socket.on("error", end).on("close", end);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(databaseUrl);
  url.search = "";
  const through = `${url.protocol}//${url.username}:${url.password}@127.0.0.1:${(server.address() as AddressInfo).port}${url.pathname}`;
  const cutAll = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
    pairs.clear();
  };
  return {
    url: through,
    cutAnswerTo: (request) => new Promise((done) => (waiting = { request, done })),
    cut: () => {
      down = true;
      cutAll();
    },
    heal: () => {
      down = false;
    },
    [Symbol.asyncDispose]: async () => {
      down = true;
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
