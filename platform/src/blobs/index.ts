// Content by digest: artifacts, state, bundles of working directories, segments of logs; encrypted, in files, in Postgres or
// in a bucket (s3/, which is loaded only where one is configured). Imported by engine, exec, api and the composition root; imports secrets and store.
export { NotInBackendError, type BlobBackend } from "./backend.ts";
export * from "./errors.ts";
export { createFileBackend } from "./files.ts";
export { assertBlobsReachable, hostId } from "./host.ts";
export { moveBlobs, moveFileBlobs } from "./move.ts";
export { createPostgresBackend } from "./postgres.ts";
export type { S3Settings } from "./s3/settings.ts";
export { createBlobStore, readBlob, type BlobStore } from "./store.ts";
export { readLog, readLogEnd, type LogLine } from "./log-reader.ts";
export { createLogWriter, type LogWriter } from "./log-writer.ts";
export { packDirectory } from "./pack.ts";
export { unpackDirectory } from "./unpack.ts";
export { sweepBlobs } from "./sweep.ts";
