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
 * Wrapped key, 81 bytes: format (1) · id of the key that wraps (8) · salt (24) · encrypted data key (32) · tag (16).
 * Format 1: the id is that of a key of the key file; what belongs to the installation itself is sealed so, and what
 * organizations stored before they had keys. Format 2: the id is the number of the organization's key, and the binding is
 * associated data too. Either way the wrapping key is derived per record from that key, the salt and the binding; it encrypts
 * once, so a constant nonce is safe and no limit on records per key has to be counted.
 */
const idBytes = 8;
const headerBytes = 1 + idBytes + 24;
const wrappedBytes = headerBytes + 32 + 16;
const tagBytes = 16;
const onceNonce = Buffer.alloc(12);
const gcm = { authTagLength: tagBytes };

export type Format = 1 | 2;

/** A key that wraps data keys, and what it is called in what it wrapped. */
export interface WrappingKey {
  format: Format;
  /** 16 hex digits. */
  id: string;
  /** 32 bytes. */
  key: Buffer;
}

/** Plaintext bytes per sealed chunk. Part of both formats. */
export const chunkBytes = 64 * 1024;

/** Makes a data key; only its wrapped form may be stored. */
export function newDataKey(): Buffer {
  return randomBytes(32);
}

/** Encrypts a data key for one record. */
export function wrapDataKey(by: WrappingKey, binding: Binding, dataKey: Buffer): Buffer {
  const header = Buffer.concat([Buffer.of(by.format), Buffer.from(by.id, "hex"), randomBytes(24)]);
  const context = contextOf(by.format, binding);
  const cipher = createCipheriv("aes-256-gcm", wrappingKey(by.key, header, context), onceNonce, gcm);
  if (by.format === 2) cipher.setAAD(Buffer.concat([header, context]));
  return Buffer.concat([header, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
}

/**
 * Which key wrapped it.
 * @throws CiphertextRejectedError when it isn't a wrapped key of a format that is known.
 */
export function wrappedBy(purpose: string, wrapped: Uint8Array): Pick<WrappingKey, "format" | "id"> {
  const format = wrapped[0];
  if (wrapped.byteLength < wrappedBytes || (format !== 1 && format !== 2)) throw new CiphertextRejectedError(purpose);
  return { format, id: Buffer.from(wrapped.subarray(1, 1 + idBytes)).toString("hex") };
}

/** @throws CiphertextRejectedError when the wrapped key was altered or belongs to another binding or key. */
export function unwrapDataKey(by: WrappingKey, binding: Binding, wrapped: Uint8Array): Buffer {
  const bytes = Buffer.from(wrapped.buffer, wrapped.byteOffset, wrapped.byteLength);
  if (bytes.length !== wrappedBytes || bytes[0] !== by.format) throw new CiphertextRejectedError(binding.purpose);
  const header = bytes.subarray(0, headerBytes);
  const context = contextOf(by.format, binding);
  const decipher = createDecipheriv("aes-256-gcm", wrappingKey(by.key, header, context), onceNonce, gcm);
  if (by.format === 2) decipher.setAAD(Buffer.concat([header, context]));
  decipher.setAuthTag(bytes.subarray(headerBytes + 32));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(headerBytes, headerBytes + 32)), decipher.final()]);
  } catch (error) {
    throw new CiphertextRejectedError(binding.purpose, { cause: error });
  }
}

/** Encrypts a small record: its wrapped key followed by its sealed chunks. */
export function sealWith(by: WrappingKey, binding: Binding, plaintext: Uint8Array): Buffer {
  const dataKey = newDataKey();
  const sealer = createSealer(dataKey);
  return Buffer.concat([wrapDataKey(by, binding, dataKey), ...sealer.update(plaintext), sealer.final()]);
}

/** @throws CiphertextRejectedError */
export function openWith(by: WrappingKey, binding: Binding, sealed: Uint8Array): Buffer {
  const dataKey = unwrapDataKey(by, binding, sealed.subarray(0, wrappedBytes));
  const opener = createOpener(dataKey, binding.purpose);
  return Buffer.concat([...opener.update(sealed.subarray(wrappedBytes)), opener.final()]);
}

/** The same record, or the same wrapped key alone, under another key; its content stays as it is. */
export function rewrap(
  { from, to }: { from: WrappingKey; to: WrappingKey },
  binding: Binding,
  sealed: Uint8Array,
): Buffer {
  const dataKey = unwrapDataKey(from, binding, sealed.subarray(0, wrappedBytes));
  return Buffer.concat([wrapDataKey(to, binding, dataKey), sealed.subarray(wrappedBytes)]);
}

/** Seals what belongs to the installation itself; of organizations, their keys do (organization-keys.ts). */
export function sealRecord(keyring: Keyring, binding: Binding, plaintext: Uint8Array): Buffer {
  return sealWith(fileKey(keyring), binding, plaintext);
}

/**
 * @throws KeyUnknownError when the key file lacks the wrapping key.
 * @throws CiphertextRejectedError when it was altered or belongs to another binding.
 */
export function openRecord(keyring: Keyring, binding: Binding, sealed: Uint8Array): Buffer {
  return openWith(fileKeyOf(keyring, binding, sealed), binding, sealed);
}

/** The key of the file that encrypts. */
export function fileKey({ current }: Keyring): WrappingKey {
  return { format: 1, ...current };
}

/** The key of the file that this was wrapped by. @throws KeyUnknownError, CiphertextRejectedError */
export function fileKeyOf(keyring: Keyring, { purpose }: Binding, wrapped: Uint8Array): WrappingKey {
  const { format, id } = wrappedBy(purpose, wrapped);
  if (format !== 1) throw new CiphertextRejectedError(purpose);
  return { format, ...keyring.find(id) };
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

function contextOf(format: Format, { org, purpose, record }: Binding): Buffer {
  // JSON of an array of strings is unambiguous: no two bindings share one encoding.
  const context = Buffer.from(JSON.stringify([`gantry envelope v${format}`, org, purpose, record]));
  if (context.length > 1024)
    throw new RangeError("The binding of an encrypted record is too long (1,024 bytes at most).");
  return context;
}

function wrappingKey(key: Buffer, header: Buffer, context: Buffer): Buffer {
  return Buffer.from(hkdfSync("sha256", key, header, context, 32));
}
