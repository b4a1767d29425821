import type { Log } from "../../platform/src/lib/log.ts";

/** For code under test whose log nobody looks at. */
export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {}
