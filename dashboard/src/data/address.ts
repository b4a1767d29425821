/**
 * What an address may say, read part by part. What doesn't fit is undefined, so that no link breaks a screen; it isn't left out, since the
 * router would put back what the address said. By hand rather than by schemas: these are loaded before anything is seen.
 */
export type Read<Value> = (given: unknown) => Value | undefined;

export function readAddress<Reads extends Record<string, Read<unknown>>>(reads: Reads) {
  return (given: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(reads).map(([name, read]) => [name, read(given[name])])) as {
      [Name in keyof Reads]?: ReturnType<Reads[Name]>;
    };
}

export function oneOf<const Value extends string>(...known: readonly Value[]): Read<Value> {
  return (given) => known.find((one) => one === given);
}

/** The router reads what looks like a number or `true` as one. */
export function text(longest: number): Read<string> {
  return (given) => {
    const written = typeof given === "number" || typeof given === "boolean" ? String(given) : given;
    return typeof written === "string" && written !== "" && written.length <= longest ? written : undefined;
  };
}

export function matching<Value extends string>(form: RegExp): Read<Value> {
  return (given) => (typeof given === "string" && form.test(given) ? (given as Value) : undefined);
}

export const uuid = matching<string>(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);

export const moment = matching<string>(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z$/);

/** From 1 on. */
export const count: Read<number> = (given) => {
  const number = typeof given === "string" ? Number(given) : given;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 1 ? number : undefined;
};

export const flag: Read<boolean> = (given) => (typeof given === "boolean" ? given : undefined);
