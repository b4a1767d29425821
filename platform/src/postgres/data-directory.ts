import { access, constants } from "node:fs/promises";
import { makeDirectory } from "../lib/make-directory.ts";
import { DataDirectoryUnwritableError } from "./errors.ts";

/**
 * Makes the data directory where it is missing; only its owner can enter it.
 *
 * @throws {DataDirectoryUnwritableError}
 */
export async function prepareDataDirectory(dataDir: string): Promise<void> {
  try {
    await makeDirectory(dataDir);
    await access(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new DataDirectoryUnwritableError(dataDir, error);
  }
}
