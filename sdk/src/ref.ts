import { asText } from "./core/references.ts";
import type { Json } from "./json.ts";

declare const refType: unique symbol;

/** A value that a later step will have: serialises as `{"$ref": […]}`. */
export type Ref<T> = { readonly [refType]?: T } & (T extends readonly (infer Item)[]
  ? { readonly [index: number]: Ref<Item> }
  : T extends object
    ? { readonly [Key in keyof T]-?: Ref<T[Key]> }
    : unknown);

/** Input in which every part may be a reference instead of a value. */
export type Input<T> =
  | T
  | Ref<T>
  | (T extends readonly (infer Item)[]
      ? readonly Input<Item>[]
      : T extends object
        ? { [Key in keyof T]: Input<T[Key]> }
        : never);

const pathOf = Symbol("path");

/** A proxy that grows a path as it is read: `makeRef("$ref", ["build"]).commit` → `{"$ref": ["build", "commit"]}`. */
export function makeRef<T>(kind: "$ref" | "$item" | "$run", path: readonly (string | number)[]): Ref<T> {
  return new Proxy({} as Ref<T> & object, {
    get(_target, key) {
      if (key === "toJSON") return () => ({ [kind]: path });
      if (key === pathOf) return { kind, path };
      if (typeof key === "symbol") return undefined;
      return makeRef(kind, [...path, /^\d+$/.test(key) ? Number(key) : key]);
    },
  });
}

/** Text with references in it: join`http://127.0.0.1:${start.port}/health`. */
export function join(strings: TemplateStringsArray, ...values: unknown[]): Ref<string> {
  return joinOf(
    strings.flatMap((text, index) => [text, ...(index < values.length ? [values[index]] : [])]),
  ) as unknown as Ref<string>;
}

/** What is known already becomes text at once, so that the same text gives the same plan however it was put together. */
export function joinOf(parts: readonly unknown[]): { readonly $join: readonly unknown[] } {
  const joined: unknown[] = [];
  for (const part of parts) {
    const text = typeof part === "object" && part !== null ? undefined : asText(part as Json);
    if (text === "") continue;
    const last = joined.at(-1);
    if (text !== undefined && typeof last === "string") joined[joined.length - 1] = last + text;
    else joined.push(text ?? part);
  }
  return { $join: joined };
}

/** A SecretRef: the value reaches only the tool, never the plan, events or logs. */
export function secret(name: string): Ref<string> {
  return { $secret: name } as unknown as Ref<string>;
}

/** CEL with references in it: cel`${check.changed} == true`. */
export function cel(strings: TemplateStringsArray, ...values: unknown[]): string {
  return strings.map((text, index) => text + (index < values.length ? celText(values[index]) : "")).join("");
}

function celText(value: unknown): string {
  const ref = (value as { [pathOf]?: { kind: string; path: readonly (string | number)[] } } | null)?.[pathOf];
  if (!ref) return JSON.stringify(value);
  const [first, ...rest] = ref.path;
  if (ref.kind === "$ref") return `steps.${String(first)}.output${rest.map(access).join("")}`;
  return `${ref.kind.slice(1)}${ref.path.map(access).join("")}`;
}

function access(part: string | number): string {
  return typeof part === "number"
    ? `[${part}]`
    : /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(part)
      ? `.${part}`
      : `[${JSON.stringify(part)}]`;
}

/** Plain JSON of an input with references in it. */
export function toTemplate(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
