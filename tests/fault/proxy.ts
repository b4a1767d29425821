import { createServer, connect, type AddressInfo, type Socket } from "node:net";

/** Stands between workers and Postgres. */
export interface Proxy extends AsyncDisposable {
  port: number;
  /**
   * Of the next statement on any connection: lets it reach the server, waits for the server's answer, and cuts the
   * connection instead of handing it on. The client can't know whether it was committed. Resolves when that was done.
   */
  cutNextAnswer(): Promise<void>;
}

/** Flushes of the journal carry this in their statement's name. */
const flush = Buffer.from("flush-");

export async function openProxy(socket: string): Promise<Proxy> {
  const clients = new Set<Socket>();
  let waiting: (() => void) | null = null;
  const server = createServer((client) => {
    const database = connect(socket);
    clients.add(client);
    let doomed: (() => void) | null = null;
    const end = (): void => {
      clients.delete(client);
      client.destroy();
      database.destroy();
    };
    client.on("data", (data) => {
      if (waiting && !doomed && data.includes(flush)) {
        doomed = waiting;
        waiting = null;
      }
      database.write(data);
    });
    database.on("data", (data) => {
      if (!doomed) return void client.write(data);
      end();
      doomed();
    });
    for (const one of [client, database]) one.on("error", end).on("close", end);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cutNextAnswer: () =>
      new Promise<void>((resolve) => {
        waiting = resolve;
      }),
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.destroy();
      server.close();
    },
  };
}
