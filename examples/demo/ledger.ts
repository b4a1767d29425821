import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One start of one version of the service, as the version itself announced it. */
export interface Start {
  version: string;
  commit: string;
  pid: number;
}

/** Counts effects outside Gantry: every version that starts announces itself here. */
export interface Ledger {
  readonly url: string;
  starts(version: string): Start[];
  /** Resolves once the version has announced itself. */
  started(version: string): Promise<Start>;
  close(): Promise<void>;
}

export async function openLedger(): Promise<Ledger> {
  const entries: Start[] = [];
  const waiters: { version: string; resolve: (start: Start) => void }[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      const start = JSON.parse(text) as Start;
      entries.push(start);
      for (const { version, resolve } of waiters) if (version === start.version) resolve(start);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const starts = (version: string) => entries.filter((entry) => entry.version === version);
  return {
    url: `http://127.0.0.1:${port}/`,
    starts,
    started: (version) =>
      new Promise((resolve) => {
        const known = starts(version)[0];
        if (known) resolve(known);
        else waiters.push({ version, resolve });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
