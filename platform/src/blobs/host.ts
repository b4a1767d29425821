import { createHash, randomBytes } from "node:crypto";
import { link, readFile, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { makeDirectory } from "../lib/make-directory.ts";
import type { Queryable } from "../store/organization.ts";
import type { BlobBackend } from "./backend.ts";
import { BlobsOnAnotherHostError } from "./errors.ts";

/**
 * Makes sure that this host can read every blob of the installation: while a host keeps blobs in files (GANTRY_BLOBS=files)
 * no other may join, whatever its own setting. Called at start, before anything is served.
 *
 * @throws BlobsOnAnotherHostError
 */
export async function assertBlobsReachable(
  db: Queryable,
  options: { blobs: BlobBackend["kind"]; dataDir: string },
): Promise<void> {
  const here = uuidOf(await hostId(options.dataDir));
  if (options.blobs === "files") {
    await db.query("INSERT INTO blob_file_host (host) VALUES ($1) ON CONFLICT DO NOTHING", [here]);
  }
  const { rows } = await db.query<{ host: string }>("SELECT host FROM blob_file_host");
  const owner = rows[0]?.host;
  if (owner !== undefined && owner !== here) throw new BlobsOnAnotherHostError(owner, here);
}

/** Says that this host no longer keeps blobs in files. Its file blobs must have been moved before. */
export async function releaseFileBlobs(db: Queryable, dataDir: string): Promise<void> {
  await db.query("DELETE FROM blob_file_host WHERE host = $1", [uuidOf(await hostId(dataDir))]);
}

/**
 * The data directory is what must be shared, so it carries the id: a renamed machine or a moved disk stays the host. It begins with the name that
 * the machine has when it is made, so that people know which one is meant.
 */
export async function hostId(dataDir: string): Promise<string> {
  const path = join(dataDir, "host-id");
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  await makeDirectory(dataDir);
  // Linked into place whole, so that processes that start at once agree on one id.
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  await writeFile(temporary, `${machineName()}-${randomBytes(8).toString("hex")}\n`, { mode: 0o600 });
  try {
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await unlink(temporary);
  }
  return (await readFile(path, "utf8")).trim();
}

/** As the database keeps it: ids were uuids before they began with a name. */
function uuidOf(id: string): string {
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  if (uuid.test(id)) return id;
  return createHash("sha256")
    .update(id)
    .digest("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}

function machineName(): string {
  const [name = ""] = hostname().toLowerCase().split(".");
  return name.replaceAll(/[^a-z0-9-]+/g, "-").slice(0, 40) || "host";
}
