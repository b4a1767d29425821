import { digestOf, type Json, type JsonObject } from "@gantry/sdk";
import type { Difference } from "@gantry/sdk/api";
import { mask } from "./mask.ts";

/** How many differences may still be shown, and how many were left out. One for all parts of a comparison. */
export interface Room {
  left: number;
  omitted: number;
}

const longest = 500;

/** Where two values differ, leaf by leaf and in order; secrets masked, long values shortened. Undefined: there is none. */
export function differencesOf(a: Json | undefined, b: Json | undefined, room: Room, path = ""): Difference[] {
  const found: Difference[] = [];
  walk({ a, b, path, name: "" }, (difference) => {
    if (room.left > 0) {
      found.push(difference);
      room.left -= 1;
    } else room.omitted += 1;
  });
  return found;
}

interface Pair {
  a: Json | undefined;
  b: Json | undefined;
  path: string;
  /** Of the part, for telling names. */
  name: string;
}

function walk({ a, b, path, name }: Pair, visit: (difference: Difference) => void): void {
  if (a === b) return;
  if (isBranch(a) && isBranch(b) && Array.isArray(a) === Array.isArray(b) && mask("x", name) === "x") {
    for (const key of keysOf(a, b)) {
      const part = { a: partOf(a, key), b: partOf(b, key), path: joined(path, key, Array.isArray(a)), name: key };
      walk(part, visit);
    }
    return;
  }
  if (a !== undefined && b !== undefined && digestOf(a) === digestOf(b)) return;
  visit({
    path,
    ...(a === undefined ? {} : { a: shown(a, name) }),
    ...(b === undefined ? {} : { b: shown(b, name) }),
  });
}

type Branch = JsonObject | readonly Json[];

function isBranch(value: Json | undefined): value is Branch {
  return typeof value === "object" && value !== null;
}

function keysOf(a: Branch, b: Branch): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}

function partOf(value: Branch, key: string): Json | undefined {
  return Object.hasOwn(value, key) ? (value as JsonObject)[key] : undefined;
}

function joined(path: string, key: string, inList: boolean): string {
  if (inList) return `${path}[${key}]`;
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

function shown(value: Json, name: string): Json {
  const masked = mask(value, name);
  const text = typeof masked === "string" ? masked : JSON.stringify(masked);
  if (text.length <= longest) return masked;
  const kind = typeof masked === "string" ? "" : Array.isArray(masked) ? "a list, " : "an object, ";
  // Cut values may begin alike; the digest tells them apart.
  return `${text.slice(0, 200)}… (${kind}${text.length} characters, ${digestOf(masked).slice(0, 19)}…)`;
}
