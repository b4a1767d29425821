import { once } from "node:events";
import { startEmbeddedPostgres } from "../../platform/src/postgres/embedded.ts";
import { silentLog } from "./log.ts";

const dataDir = process.argv[2] ?? "";
try {
  const server = await startEmbeddedPostgres({ dataDir, log: silentLog });
  const { superuserUrl, adopted } = server;
  console.log(JSON.stringify({ superuserUrl, adopted, serverPid: server.pid() }));
  await once(process.stdin.resume(), "end");
  await server.stop();
} catch (error) {
  const { code, message } = error as { code?: unknown; message?: unknown };
  console.log(JSON.stringify({ code, message }));
}
