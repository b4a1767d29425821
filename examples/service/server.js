// A small HTTP service: greets, says which version it is, and says whether it is well.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const release = /** @type {{ version: string, greeting: string, healthy: boolean }} */ (
  JSON.parse(readFileSync(new URL("./release.json", import.meta.url), "utf8"))
);
const { GANTRY_COMMIT: commit = "unknown", PORT: port = "8080", HOST: host = "127.0.0.1" } = process.env;

/**
 * @param {string} path
 * @returns {[status: number, body: object]}
 */
function answer(path) {
  if (path === "/") return [200, { greeting: `${release.greeting} from version ${release.version}` }];
  if (path === "/version") return [200, { version: release.version, commit }];
  // "healthy": false in release.json makes a version that starts but isn't well.
  if (path === "/health") return release.healthy ? [200, { status: "ok" }] : [503, { status: "broken" }];
  return [404, { error: "not found" }];
}

const server = createServer((request, response) => {
  const [path = "/"] = (request.url ?? "/").split("?");
  const [status, body] = answer(path);
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
});

server.listen(Number(port), host, () => {
  process.stdout.write(`version ${release.version} (${commit}) listens on ${host}:${port}\n`);
});
process.on("SIGTERM", () => server.close(() => process.exit(0)));
