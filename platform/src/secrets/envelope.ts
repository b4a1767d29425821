// Envelope encryption: a fresh data key per record, wrapped by a key of the keyring and bound to where it belongs.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { CiphertextRejectedError } from "./errors.ts";
import type { Keyring } from "./keyring.ts";

/** What ciphertext belongs to. It opens only with the same three, so it can't move to another tenant or record. */
export interface Binding {
  org: string;
  /** What kind of thing this is: "secret", "blob". */
  purpose: string;
  /** Which one, unique within organization and purpose. */
  record: string;
}

/**
 * Wrapped key, 81 bytes: version (1) · id of the wrapping key (8) · salt (24) · encrypted data key (32) · tag (16).
 * The wrapping key is derived per record from the keyring's key, the salt and the binding; it encrypts once, so a
 * constant nonce is safe and no limit on records per key has to be counted.
 */
const version = 1;
const headerBytes = 1 + 8 + 24;
const wrappedBytes = headerBytes + 32 + 16;
const tagBytes = 16;
const onceNonce = Buffer.alloc(12);
const gcm = { authTagLength: tagBytes };

/** Plaintext bytes per sealed chunk. Part of the format of version 1. */
export const chunkBytes = 64 * 1024;

/** Makes a data key and returns it with its wrapped form, which is what may be stored. */
export function newDataKey(): Buffer {
  return randomBytes(32);
}

/** Encrypts a data key for one record. */
export function wrapDataKey(keyring: Keyring, binding: Binding, dataKey: Buffer): Buffer {
  const header = Buffer.concat([Buffer.of(version), Buffer.from(keyring.current.id, "hex"), randomBytes(24)]);
  const cipher = createCipheriv("aes-256-gcm", wrappingKey(keyring.current.key, header, binding), onceNonce, gcm);
  return Buffer.concat([header, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
}

/**
 * @throws KeyUnknownError when the key file lacks the wrapping key.
 * @throws CiphertextRejectedError when the wrapped key was altered or belongs to another binding.
 */
export function unwrapDataKey(keyring: Keyring, binding: Binding, wrapped: Uint8Array): Buffer {
  const bytes = Buffer.from(wrapped.buffer, wrapped.byteOffset, wrapped.byteLength);
  if (bytes.length !== wrappedBytes || bytes[0] !== version) throw new CiphertextRejectedError(binding.purpose);
  const header = bytes.subarray(0, headerBytes);
  const { key } = keyring.find(header.toString("hex", 1, 9));
  const decipher = createDecipheriv("aes-256-gcm", wrappingKey(key, header, binding), onceNonce, gcm);
  decipher.setAuthTag(bytes.subarray(headerBytes + 32));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(headerBytes, headerBytes + 32)), decipher.final()]);
  } catch (error) {
    throw new CiphertextRejectedError(binding.purpose, { cause: error });
  }
}

/** Encrypts a small record: its wrapped key followed by its sealed chunks. */
export function sealRecord(keyring: Keyring, binding: Binding, plaintext: Uint8Array): Buffer {
  const dataKey = newDataKey();
  const sealer = createSealer(dataKey);
  return Buffer.concat([wrapDataKey(keyring, binding, dataKey), ...sealer.update(plaintext), sealer.final()]);
}

/** @throws KeyUnknownError and CiphertextRejectedError as `unwrapDataKey` does. */
export function openRecord(keyring: Keyring, binding: Binding, sealed: Uint8Array): Buffer {
  const dataKey = unwrapDataKey(keyring, binding, sealed.subarray(0, wrappedBytes));
  const opener = createOpener(dataKey, binding.purpose);
  return Buffer.concat([...opener.update(sealed.subarray(wrappedBytes)), opener.final()]);
}

/** Encrypts a stream chunk by chunk. Memory: one chunk beyond what the source hands over. */
export async function* sealStream(
  dataKey: Buffer,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Buffer> {
  const sealer = createSealer(dataKey);
  for await (const bytes of source) yield* sealer.update(bytes);
  yield sealer.final();
}

/**
 * Decrypts what `sealStream` made. Each chunk is authenticated before it is handed on, but whether the stream is whole
 * is known only at its end: callers act on the content after the iteration ended without an error.
 *
 * @throws CiphertextRejectedError when a chunk was altered, reordered, dropped or added, or the stream was cut short.
 */
export async function* openStream(
  dataKey: Buffer,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  purpose: string,
): AsyncGenerator<Buffer> {
  const opener = createOpener(dataKey, purpose);
  for await (const bytes of source) yield* opener.update(bytes);
  yield opener.final();
}

/**
 * The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015, as in age): the nonce of each chunk is its number
 * and a flag that only the last one carries, so chunks can't be reordered, dropped or cut off at the end. A data key
 * seals one stream only, so the counter may start at zero.
 */
function createSealer(dataKey: Buffer) {
  const chunks = rechunk(chunkBytes);
  let number = 0;
  const seal = (chunk: Buffer, last: boolean) => {
    const cipher = createCipheriv("aes-256-gcm", dataKey, chunkNonce(number++, last), gcm);
    return Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]);
  };
  return {
    *update(bytes: Uint8Array): Generator<Buffer> {
      for (const chunk of chunks.push(bytes)) yield seal(chunk, false);
    },
    final: () => seal(chunks.rest(), true),
  };
}

function createOpener(dataKey: Buffer, purpose: string) {
  const chunks = rechunk(chunkBytes + tagBytes);
  let number = 0;
  const open = (chunk: Buffer, last: boolean) => {
    const text = chunk.length - tagBytes;
    // Only an empty stream ends with an empty chunk; otherwise one content would have two encodings.
    if (text < 0 || (text === 0 && number > 0)) throw new CiphertextRejectedError(purpose);
    const decipher = createDecipheriv("aes-256-gcm", dataKey, chunkNonce(number++, last), gcm);
    decipher.setAuthTag(chunk.subarray(text));
    try {
      return Buffer.concat([decipher.update(chunk.subarray(0, text)), decipher.final()]);
    } catch (error) {
      throw new CiphertextRejectedError(purpose, { cause: error });
    }
  };
  return {
    *update(bytes: Uint8Array): Generator<Buffer> {
      for (const chunk of chunks.push(bytes)) yield open(chunk, false);
    },
    final: () => open(chunks.rest(), true),
  };
}

/** Regroups bytes into chunks of one size, holding back the last one (full or not) until the end is known. */
function rechunk(size: number) {
  let held: Buffer[] = [];
  let heldBytes = 0;
  const take = () => {
    const all = held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held);
    held = [];
    heldBytes = 0;
    return all;
  };
  return {
    *push(bytes: Uint8Array): Generator<Buffer> {
      if (bytes.byteLength === 0) return;
      held.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      heldBytes += bytes.byteLength;
      if (heldBytes <= size) return;
      const all = take();
      let start = 0;
      for (; all.length - start > size; start += size) yield all.subarray(start, start + size);
      held = [all.subarray(start)];
      heldBytes = all.length - start;
    },
    rest: take,
  };
}

function chunkNonce(number: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(number, 5, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

function wrappingKey(key: Buffer, header: Buffer, binding: Binding): Buffer {
  const context = ["gantry envelope v1", binding.org, binding.purpose, binding.record];
  // JSON of an array of strings is unambiguous: no two bindings share one encoding.
  const info = Buffer.from(JSON.stringify(context));
  if (info.length > 1024) throw new RangeError("The binding of an encrypted record is too long (1,024 bytes at most).");
  return Buffer.from(hkdfSync("sha256", key, header, info, 32));
}
