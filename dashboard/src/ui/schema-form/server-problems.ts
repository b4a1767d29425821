import { ApiError } from "@gantry/sdk/client";
import type { Problems } from "./draft.ts";

/** What the server says is wrong, by the path of the field; `under` is where the form's value stands in the request. */
export function serverProblems(error: unknown, under = "parameters"): Problems {
  if (!(error instanceof ApiError)) return {};
  const { errors = [], details } = error.problem;
  const listed = (details as { problems?: unknown } | undefined)?.problems;
  const ofParameters = Array.isArray(listed) ? (listed as { path?: unknown; message?: unknown }[]) : [];
  const all: [string, string][] = [];
  for (const { path, message } of ofParameters)
    if (typeof path === "string" && typeof message === "string") all.push([path, message]);
  for (const { path, message } of errors) {
    if (under === "") all.push([path, message]);
    else if (path === under || path.startsWith(`${under}.`)) all.push([path.slice(under.length + 1), message]);
  }
  return Object.fromEntries(all);
}

/** Problems of parts that have no field of their own, such as a key that isn't there: said above the form. */
export function homeless(problems: Problems, fields: readonly string[]): string[] {
  return Object.entries(problems)
    .filter(([path]) => !fields.some((field) => path === field || path.startsWith(`${field}.`)))
    .map(([path, message]) => (path === "" ? message : `${path}: ${message}`));
}

/** What is wrong at a field: with it as a whole, or deeper in it where that has no field. */
export function problemAt(problems: Problems, path: string, deep = false): string | null {
  const own = problems[path];
  if (own !== undefined || !deep) return own ?? null;
  const inner = Object.entries(problems).find(([one]) => one.startsWith(`${path}.`));
  return inner === undefined ? null : `${inner[0].slice(path.length + 1)}: ${inner[1]}`;
}
