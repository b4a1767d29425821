/**
 * One-dimensional arrays in Postgres' binary form. As text, every quote of a JSON document would be escaped here and
 * unescaped there, which was the larger half of what a flush cost; in binary a document is copied as it stands.
 */
const oids = { bool: 16, int8: 20, int4: 23, text: 25, json: 114, uuid: 2950 } as const;

export function uuidArray(values: readonly string[]): Buffer {
  const buffer = head(oids.uuid, values.length, 20 * values.length, false);
  let at = headBytes(values.length);
  let last: string | null = null;
  for (const value of values) {
    // Events of one run stand together.
    if (value === last) buffer.copy(buffer, at, at - 20, at);
    else {
      buffer.writeInt32BE(16, at);
      buffer.write(value.replaceAll("-", ""), at + 4, 16, "hex");
      last = value;
    }
    at += 20;
  }
  return buffer;
}

export function intArray(values: readonly number[]): Buffer {
  const buffer = head(oids.int4, values.length, 8 * values.length, false);
  let at = headBytes(values.length);
  for (const value of values) {
    buffer.writeInt32BE(4, at);
    buffer.writeInt32BE(value, at + 4);
    at += 8;
  }
  return buffer;
}

export function bigintArray(values: readonly (number | null)[]): Buffer {
  const nulls = values.filter((value) => value === null).length;
  const buffer = head(oids.int8, values.length, 12 * values.length - 8 * nulls, nulls > 0);
  let at = headBytes(values.length);
  for (const value of values) {
    buffer.writeInt32BE(value === null ? -1 : 8, at);
    at += 4;
    if (value === null) continue;
    // Two halves instead of a BigInt: safe integers only, which times in milliseconds are.
    const whole = Math.round(value);
    buffer.writeInt32BE(Math.floor(whole / 2 ** 32), at);
    buffer.writeUInt32BE(((whole % 2 ** 32) + 2 ** 32) % 2 ** 32, at + 4);
    at += 8;
  }
  return buffer;
}

export function boolArray(values: readonly boolean[]): Buffer {
  const buffer = head(oids.bool, values.length, 5 * values.length, false);
  let at = headBytes(values.length);
  for (const value of values) {
    buffer.writeInt32BE(1, at);
    buffer[at + 4] = value ? 1 : 0;
    at += 5;
  }
  return buffer;
}

export const textArray = (values: readonly (string | null)[]): Buffer => stringArray(oids.text, values);
/** Of JSON texts, not values. */
export const jsonArray = (values: readonly (string | null)[]): Buffer => stringArray(oids.json, values);

function stringArray(oid: number, values: readonly (string | null)[]): Buffer {
  let bytes = 0;
  let nulls = false;
  for (const value of values) {
    if (value === null) nulls = true;
    else bytes += Buffer.byteLength(value);
    bytes += 4;
  }
  const buffer = head(oid, values.length, bytes, nulls);
  let at = headBytes(values.length);
  for (const value of values) {
    const length = value === null ? -1 : buffer.write(value, at + 4);
    buffer.writeInt32BE(length, at);
    at += 4 + Math.max(0, length);
  }
  return buffer;
}

function headBytes(length: number): number {
  return length === 0 ? 12 : 20;
}

function head(oid: number, length: number, bytes: number, nulls: boolean): Buffer {
  const buffer = Buffer.allocUnsafe(headBytes(length) + bytes);
  buffer.writeInt32BE(length === 0 ? 0 : 1, 0);
  buffer.writeInt32BE(nulls ? 1 : 0, 4);
  buffer.writeInt32BE(oid, 8);
  if (length > 0) {
    buffer.writeInt32BE(length, 12);
    buffer.writeInt32BE(1, 16);
  }
  return buffer;
}
