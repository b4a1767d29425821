import { resolve, shapeOf, type JsonSchema } from "./schema.ts";

/**
 * What stands in a form, as it was typed: also what isn't a number yet, and the fields of choices that aren't taken. It is JSON, so it
 * can be kept and brought back as it was.
 */
export type Draft =
  | { kind: "text"; text: string }
  | { kind: "flag"; on: boolean | null }
  | { kind: "list"; items: Draft[] }
  | { kind: "record"; pairs: { name: string; value: Draft }[] }
  | { kind: "object"; fields: Record<string, Draft> }
  | { kind: "choice"; picked: number; drafts: Record<string, Draft> };

/** By path, with dots: `env.REGION`, `probes.0.url`. */
export type Problems = Readonly<Record<string, string>>;

export interface Filled {
  /** Undefined where nothing was filled in. */
  value: unknown;
  problems: Problems;
}

/** Words for what is wrong before the server is asked. It checks everything again, and more. */
export interface ProblemWords {
  needed: string;
  number: string;
  whole: string;
  least(limit: number): string;
  most(limit: number): string;
  shortest(limit: number): string;
  longest(limit: number): string;
  json: string;
  name: string;
  twice(name: string): string;
}

/** A form that shows `value`, or else what the schema says is there unless told. */
export function draftOf(given: JsonSchema, root: JsonSchema, value?: unknown): Draft {
  const schema = resolve(given, root);
  const shape = shapeOf(schema, root);
  const start = value === undefined ? schema.default : value;
  switch (shape.kind) {
    case "boolean":
      return { kind: "flag", on: typeof start === "boolean" ? start : null };
    case "list": {
      const items = Array.isArray(start) ? (start as unknown[]) : [];
      return { kind: "list", items: items.map((item) => draftOf(shape.of, root, item)) };
    }
    case "record": {
      const pairs = Object.entries(isObject(start) ? start : {});
      return { kind: "record", pairs: pairs.map(([name, one]) => ({ name, value: draftOf(shape.of, root, one) })) };
    }
    case "object": {
      const values = isObject(start) ? start : {};
      const fields = shape.fields.map(([name, one]) => [name, draftOf(one, root, values[name])] as const);
      return { kind: "object", fields: Object.fromEntries(fields) };
    }
    case "choice": {
      const fits = isObject(start) ? shape.options.findIndex((one) => fitsKeys(one, start)) : -1;
      const picked = Math.max(0, fits);
      const option = shape.options[picked];
      const drafts = option === undefined ? {} : { [picked]: draftOf(option, root, fits === -1 ? undefined : start) };
      return { kind: "choice", picked, drafts };
    }
    case "pick":
      return { kind: "text", text: start === undefined ? "" : JSON.stringify(start) };
    case "json":
      return { kind: "text", text: start === undefined ? "" : JSON.stringify(start, null, 2) };
    default:
      return { kind: "text", text: textOf(start) };
  }
}

/** The value that was filled in, and what is wrong with it as far as the form can tell. */
export function filledIn(
  given: JsonSchema,
  root: JsonSchema,
  draft: Draft,
  { words, required = true, path = "" }: { words: ProblemWords; required?: boolean; path?: string },
): Filled {
  const schema = resolve(given, root);
  const shape = shapeOf(schema, root);
  const inside = (name: string | number) => ({ words, path: path === "" ? String(name) : `${path}.${name}` });
  const needed = required && schema.default === undefined;
  const leaf = (value: unknown, problem?: string | null): Filled => {
    const said = value === undefined && needed && problem === undefined ? words.needed : problem;
    return { value, problems: typeof said === "string" ? { [path]: said } : {} };
  };
  switch (shape.kind) {
    case "boolean": {
      const on = draft.kind === "flag" ? draft.on : null;
      return leaf(on ?? (needed ? false : undefined));
    }
    case "list": {
      const items = (draft.kind === "list" ? draft.items : []).map((item, index) =>
        filledIn(shape.of, root, item, inside(index)),
      );
      if (items.length === 0) return leaf(needed ? [] : undefined, limited(0, schema.minItems, undefined, words));
      return together(
        items.map(({ value }) => value),
        items,
      );
    }
    case "record": {
      const pairs = draft.kind === "record" ? draft.pairs : [];
      const values = pairs.map(({ name, value }) => filledIn(shape.of, root, value, inside(name)));
      const all = together(Object.fromEntries(pairs.map(({ name }, index) => [name, values[index]?.value])), values);
      const bad = pairs.find(({ name }, index) => name === "" || pairs.findIndex((one) => one.name === name) < index);
      if (bad === undefined) return pairs.length === 0 ? leaf(needed ? {} : undefined, null) : all;
      return { ...all, problems: { ...all.problems, [path]: bad.name === "" ? words.name : words.twice(bad.name) } };
    }
    case "object": {
      const fields = draft.kind === "object" ? draft.fields : {};
      const parts = shape.fields.map(([name, one, must]) => {
        const part = fields[name] ?? draftOf(one, root);
        return [name, filledIn(one, root, part, { ...inside(name), required: must })] as const;
      });
      const named = parts.filter(([, { value }]) => value !== undefined);
      const all = together(
        Object.fromEntries(named.map(([name, { value }]) => [name, value])),
        parts.map(([, part]) => part),
      );
      if (required || named.length > 0) return all;
      // Nothing of it is filled in, and nothing of it must be; what is typed wrongly there is wrong all the same.
      const wrong = Object.entries(all.problems).filter(([, problem]) => problem !== words.needed);
      return { value: undefined, problems: Object.fromEntries(wrong) };
    }
    case "choice": {
      const picked = draft.kind === "choice" ? draft.picked : 0;
      const option = shape.options[picked];
      if (option === undefined) return leaf(undefined);
      const part = (draft.kind === "choice" ? draft.drafts[picked] : undefined) ?? draftOf(option, root);
      return filledIn(option, root, part, { words, path, required });
    }
    default:
      break;
  }
  const text = draft.kind === "text" ? draft.text : "";
  switch (shape.kind) {
    case "pick":
      if (text === "" && shape.values.length === 1 && required) return leaf(shape.values[0]);
      return leaf(text === "" ? undefined : parsed(text));
    case "json": {
      if (text.trim() === "") return leaf(undefined);
      const value = parsed(text);
      return leaf(value, value === undefined ? words.json : null);
    }
    case "number": {
      if (text.trim() === "") return leaf(undefined);
      const value = Number(text);
      if (!Number.isFinite(value)) return leaf(undefined, words.number);
      if (shape.whole && !Number.isInteger(value)) return leaf(undefined, words.whole);
      return leaf(value, limited(value, schema.minimum, schema.maximum, words));
    }
    default: {
      if (text === "") return leaf(undefined);
      const short = schema.minLength !== undefined && text.length < schema.minLength;
      const long = schema.maxLength !== undefined && text.length > schema.maxLength;
      const said = short ? words.shortest(schema.minLength ?? 0) : long ? words.longest(schema.maxLength ?? 0) : null;
      return leaf(text, said);
    }
  }
}

function limited(
  value: number,
  least: number | undefined,
  most: number | undefined,
  words: ProblemWords,
): string | null {
  if (least !== undefined && value < least) return words.least(least);
  return most !== undefined && value > most ? words.most(most) : null;
}

function together(value: unknown, parts: readonly Filled[]): Filled {
  return { value, problems: Object.assign({}, ...parts.map(({ problems }) => problems)) as Problems };
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function fitsKeys({ properties = {}, required = [] }: JsonSchema, value: Record<string, unknown>): boolean {
  const same = Object.entries(properties).every(
    ([name, { const: only }]) => only === undefined || value[name] === only,
  );
  return same && required.every((name) => name in value) && Object.keys(value).every((name) => name in properties);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
