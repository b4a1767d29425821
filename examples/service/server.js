// A small HTTP service: greets, says which version it is, and says whether it is well.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const release = /** @type {{ version: string, greeting: string, healthy: boolean, warmUpMs?: number }} */ (
  JSON.parse(readFileSync(new URL("./release.json", import.meta.url), "utf8"))
);
const { GANTRY_COMMIT: commit = "unknown", PORT: port = "8080", HOST: host = "127.0.0.1", ANNOUNCE_URL } = process.env;
const wellFrom = Date.now() + (release.warmUpMs ?? 0);

/**
 * @param {string} path
 * @returns {[status: number, body: object]}
 */
function answer(path) {
  if (path === "/") return [200, { greeting: `${release.greeting} from version ${release.version}` }];
  if (path === "/version") return [200, { version: release.version, commit }];
  if (path === "/health") return health();
  return [404, { error: "not found" }];
}

/**
 * "healthy": false in release.json makes a version that starts but is never well, "warmUpMs" one that needs a while.
 * @returns {[status: number, body: object]}
 */
function health() {
  if (!release.healthy) return [503, { status: "broken" }];
  return Date.now() < wellFrom ? [503, { status: "warming up" }] : [200, { status: "ok" }];
}

const server = createServer((request, response) => {
  const [path = "/"] = (request.url ?? "/").split("?");
  const [status, body] = answer(path);
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
});

server.listen(Number(port), host, () => {
  process.stdout.write(`version ${release.version} (${commit}) listens on ${host}:${port}\n`);
  announce().catch((error) => process.stderr.write(`Could not announce the start: ${error}\n`));
});
process.on("SIGTERM", () => server.close(() => process.exit(0)));

/** Tells a registry, where there is one, that this version has started. */
async function announce() {
  if (!ANNOUNCE_URL) return;
  await fetch(ANNOUNCE_URL, {
    method: "POST",
    body: JSON.stringify({ version: release.version, commit, pid: process.pid }),
  });
}
