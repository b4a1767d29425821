import type { ToolContext } from "../tool.ts";

type Call<Arguments extends unknown[], Result> = (...given: Arguments) => Promise<Result>;

/**
 * The same context, with `pass` told of each place where a worker can be lost: before and after everything that the tool
 * asks of its context. While `pass` hasn't resolved, the tool goes no further.
 */
export function watchCalls(ctx: ToolContext, pass: (place: string) => Promise<void> | void): ToolContext {
  const around =
    <Arguments extends unknown[], Result>(name: string, call: Call<Arguments, Result>): Call<Arguments, Result> =>
    async (...given) => {
      const what = name === "exec" || name === "launch" ? `${name} of ${String(given[0])}` : name;
      await pass(`before ${what}`);
      const result = await call(...given);
      await pass(`after ${what}`);
      return result;
    };
  return {
    ...ctx,
    exec: around("exec", ctx.exec),
    launch: around("launch", ctx.launch),
    files: { save: around("files.save", ctx.files.save), restore: around("files.restore", ctx.files.restore) },
    artifact: around("artifact", ctx.artifact),
    note: around("note", ctx.note),
    think: around("think", ctx.think),
    extract: around("extract", ctx.extract),
    ask: around("ask", ctx.ask),
    connection: around("connection", ctx.connection),
    secret: around("secret", ctx.secret),
    stateBackend: around("stateBackend", ctx.stateBackend),
  };
}

/** At most `most` of them, the first and the last among them. */
export function spread(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, index) => index);
  return Array.from({ length: most }, (_, index) => Math.round((index * (count - 1)) / Math.max(1, most - 1)));
}
