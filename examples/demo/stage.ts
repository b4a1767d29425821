import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The demo's own folder: everything that it or what it starts writes lies in it. */
export interface Stage {
  readonly folder: string;
  /** Of Gantry: database, blobs, keys, and what it deploys. */
  readonly dataDir: string;
  readonly logs: string;
  /** HOME of the commands, so that the reader's own configuration of Gantry stays out of it. */
  readonly home: string;
  readonly cache: string;
  readonly repository: string;
  /** `keepLogs` where somebody will want to read them. */
  remove(options: { keepLogs: boolean }): void;
}

export function createStage(): Stage {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "gantry-demo-")));
  const [dataDir, logs, home] = [join(folder, "data"), join(folder, "logs"), join(folder, "home")];
  for (const each of [logs, home]) mkdirSync(each);
  return {
    folder,
    dataDir,
    logs,
    home,
    cache: join(folder, "cache"),
    repository: join(folder, "greeter"),
    remove({ keepLogs }) {
      for (const name of readdirSync(folder)) if (!keepLogs || join(folder, name) !== logs) remove(join(folder, name));
      if (!keepLogs) rmdirSync(folder);
    },
  };
}

function remove(folder: string): void {
  const options = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 } as const;
  try {
    rmSync(folder, options);
  } catch {
    // Releases are read-only, also their folders, so that what was approved is what runs.
    makeWritable(folder);
    rmSync(folder, options);
  }
}

function makeWritable(folder: string): void {
  if (!lstatSync(folder).isDirectory()) return;
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) makeWritable(join(folder, entry.name));
}
