// Puts the server and what it was built from into dist/.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";

const release = /** @type {{ version: string }} */ (JSON.parse(readFileSync("release.json", "utf8")));
if (!/^\d+\.\d+\.\d+$/.test(release.version)) throw new Error(`release.json: "${release.version}" is not a version.`);

mkdirSync("dist", { recursive: true });
cpSync("server.js", "dist/server.js");
writeFileSync("dist/release.json", JSON.stringify(release));
process.stdout.write(`Built ${release.version}\n`);
