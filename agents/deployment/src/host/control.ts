import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { By, RefusalBody, StopOrder, SwitchOrder, VersionSpec } from "./protocol.ts";
import { Refused } from "./service.ts";
import type { Service } from "./service.ts";

const bodyLimitBytes = 1024 * 1024;

export interface ControlDeps {
  readonly service: Service;
  /** Ends the host process once the answer is out. */
  exit(): void;
  log(message: string, fields?: Record<string, unknown>): void;
}

/**
 * HTTP and JSON over the control socket. The socket's mode is the authorisation: who may open it may do all of this. Bodies
 * are taken at their word, as they come from our own client, which has validated them.
 */
export function createControl({ service, exit, log }: ControlDeps): Server {
  return createServer((request, response) => {
    void answer(request, service).then(
      (result) => {
        const { status, body, last } = result;
        response
          .writeHead(status, { "content-type": "application/json" })
          .end(JSON.stringify(body), last ? exit : undefined);
      },
      (error: unknown) => {
        log("control request failed", {
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
        response.writeHead(500, { "content-type": "application/json" });
        response.end(
          JSON.stringify({ error: "failed", message: error instanceof Error ? error.message : String(error) }),
        );
      },
    );
  });
}

interface Answer {
  status: number;
  body: unknown;
  last?: boolean;
}

async function answer(request: IncomingMessage, service: Service): Promise<Answer> {
  const [, path = "", id = ""] = (request.url ?? "/").split("/").map(decodeURIComponent);
  const route = `${request.method ?? ""} ${path}${id === "" ? "" : "/:id"}`;
  const body = request.method === "GET" ? null : await readBody(request);
  try {
    switch (route) {
      case "GET state":
        break;
      case "POST versions":
        await service.start((body as { by: By }).by, (body as { spec: VersionSpec }).spec);
        break;
      case "POST wake/:id":
        await service.wake((body as { by: By }).by, id);
        break;
      case "POST stop/:id":
        await service.stop(id, body as StopOrder);
        break;
      case "POST forget/:id":
        service.forget((body as { by: By }).by, id);
        break;
      case "POST switch":
        service.switch(body as SwitchOrder);
        break;
      case "POST fence":
        service.fence((body as { by: By }).by);
        break;
      case "POST shutdown":
        await service.stopAll(body as StopOrder);
        return { status: 200, body: service.view(), last: true };
      default:
        return { status: 404, body: refusal(new Refused("not_found", `No such order: ${route}.`)) };
    }
    return { status: 200, body: service.view() };
  } catch (error) {
    if (error instanceof Refused) return { status: 409, body: refusal(error) };
    throw error;
  }
}

function refusal(error: Refused): RefusalBody {
  return { error: error.refusal, message: error.message };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyLimitBytes) throw new Error(`The request body is longer than ${bodyLimitBytes} bytes.`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
}
