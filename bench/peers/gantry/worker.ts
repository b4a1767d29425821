/** A worker of the product, as `node platform/src/main.ts` with GANTRY_ROLE=worker starts it. */
import { pino } from "pino";
import { startPlatform } from "../../../platform/src/boot/start-platform.ts";
import { readConfig } from "../../../platform/src/config.ts";
import { serveWorker } from "../serve-worker.ts";

const config = readConfig();
await startPlatform(config, pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: false })));
serveWorker();
