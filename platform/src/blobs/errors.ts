import { GantryError, type ErrorOptions, type Fault } from "@gantry/sdk";

/** The organization has no blob of that digest. */
export class BlobNotFoundError extends GantryError {
  readonly code = "blob_not_found";
  constructor(digest: string) {
    super(`There is no stored content ${digest} in this organization. It may have been deleted by its retention.`, {
      details: { digest },
    });
  }
}

/** The index knows the blob, but its bytes aren't where this process can read them. */
export class BlobUnreachableError extends GantryError {
  readonly code = "blob_unreachable";
  override readonly fault: Fault = "operational";
  constructor(digest: string, backend: string, options: ErrorOptions = {}) {
    super(`The content ${digest} is kept in ${backend} and can't be read by this process. ${mendReading(backend)}`, {
      ...options,
      details: { digest, backend },
    });
  }
}

function mendReading(backend: string): string {
  if (backend === "s3") {
    return "Check that the GANTRY_S3_… variables name the bucket that it was written to, and whether somebody deletes there.";
  }
  return "Check that GANTRY_DATA_DIR is the directory that it was written to, or restore that directory from a backup.";
}

/** Another host of this installation keeps blobs in files, which this host can't read. */
export class BlobsOnAnotherHostError extends GantryError {
  readonly code = "blobs_on_another_host";
  override readonly fault: Fault = "operational";
  constructor(owner: string, here: string) {
    super(
      `Host ${owner} of this installation keeps blobs in its files, which this host (${here}) can't read. ` +
        "Set GANTRY_BLOBS=postgres (or s3) on every host and start that host first: it moves its files there.",
      { details: { owner, here } },
    );
  }
}

/** The disk that holds blobs is full. Nothing of the blob was kept. */
export class BlobStorageFullError extends GantryError {
  readonly code = "blob_storage_full";
  override readonly fault: Fault = "operational";
  override readonly retryable = true;
  constructor(directory: string, options: ErrorOptions = {}) {
    super(`The disk under ${directory} is full. Free some space; what failed can then be retried.`, {
      ...options,
      details: { directory },
    });
  }
}

/** A copy read back differs from what was copied. It was removed; the original is untouched. */
export class BlobCopyDiffersError extends GantryError {
  readonly code = "blob_copy_differs";
  override readonly fault: Fault = "operational";
  constructor(digest: string, backend: string) {
    super(
      `The copy of ${digest} in ${backend} differs from the original, which stays where it was. Check the disks and the network between, then move again.`,
      { details: { digest, backend } },
    );
  }
}

/** A directory that can't be packed, or an archive that must not be unpacked. */
export class BundleRejectedError extends GantryError {
  readonly code = "bundle_rejected";
  constructor(entry: string, reason: string, options: ErrorOptions = {}) {
    super(`The bundle was refused at "${entry}": ${reason}. Nothing of it was kept.`, {
      ...options,
      details: { entry, reason },
    });
  }
}

/** A position in a log that this installation never handed out. */
export class LogCursorInvalidError extends GantryError {
  readonly code = "log_cursor_invalid";
  constructor() {
    super("That position in the log isn't one that Gantry handed out. Read the log from its start, without a cursor.");
  }
}
