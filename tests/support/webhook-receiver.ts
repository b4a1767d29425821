import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedRequest {
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface Receiver extends AsyncDisposable {
  url: string;
  requests: ReceivedRequest[];
  /** Resolves once there are so many. */
  received(count: number): Promise<ReceivedRequest[]>;
}

type Answer = (request: ReceivedRequest, response: ServerResponse) => void;

/** An HTTP server on a free port that keeps what it is sent. Without `answer` it says 204. */
export async function startReceiver(
  answer: Answer = (_request, response) => void response.writeHead(204).end(),
): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const waiting = new Set<() => void>();
  const server: Server = createServer((request, response) => {
    void read(request).then((body) => {
      const one = { path: request.url ?? "", headers: request.headers as Record<string, string>, body };
      requests.push(one);
      for (const look of waiting) look();
      answer(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    received: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (requests.length < count) return;
          waiting.delete(look);
          resolve(requests);
        };
        waiting.add(look);
        look();
      }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function read(request: IncomingMessage): Promise<string> {
  let text = "";
  request.setEncoding("utf8");
  for await (const chunk of request as AsyncIterable<string>) text += chunk;
  return text;
}
