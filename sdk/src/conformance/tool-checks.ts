import { setTimeout as delay } from "node:timers/promises";
import { errorData } from "../errors.ts";
import { effectOrder, touchesWorld } from "../plan.ts";
import { toTemplate } from "../ref.ts";
import { runTool, type TestContext } from "../testing/index.ts";
import type { Tool, ToolContext } from "../tool.ts";
import { ToolFailedError } from "../tool-errors.ts";
import { createCanary, formIn, textOf, traces } from "./canaries.ts";
import { ConformanceError, demand, demandSame, show, type Check } from "./check.ts";
import { demandWholeSchema } from "./schema-checks.ts";
import { spread, watchCalls } from "./watch-calls.ts";
import { openStage, type Stage, type ToolExample } from "./world.ts";

/** The platform keeps every output in the journal; larger results belong into artifacts. */
const maximumOutputBytes = 256 * 1024;
/** After its end, how long a cancelled tool is watched for effects that come late. */
const quietMs = 50;

/** What must be so of every tool, tried on an example. Each check makes worlds of its own; they can run in any order. */
export function toolChecks<Input, Output>(
  tool: Tool<Input, Output>,
  example: ToolExample<NoInfer<Input>>,
): readonly Check[] {
  const { name, spec } = tool;
  const changes = touchesWorld(tool.effect);
  const secretNames = [...new Set([...(spec.secrets ?? []), ...(example.secrets ?? [])])];
  const { worstCase } = spec;
  const open = () =>
    openStage(example, { secrets: Object.fromEntries(secretNames.map((one) => [one, createCanary()])), worstCase });
  // Its binaries are looked for once, by the first check that runs it.
  const bare: Tool<Input, Output> = { ...tool, spec: { ...spec, binaries: [] } };
  const trial: Trial<Input, Output> = { tool: bare, open, example };

  const checks: [holds: string, of: boolean, run: () => Promise<void>][] = [
    ["says what it takes and gives in schemas that JSON can carry", true, () => schemasAreWhole(trial)],
    [
      "runs, gives what it declares within limits, and passes its own verification",
      true,
      () => runs({ ...trial, tool }),
    ],
    ["previews what it would do, within its declared effect, and changes nothing", changes, () => previews(trial)],
    ["only reads", !changes, () => leavesWorld(trial)],
    ["is idempotent as it says: a second run changes nothing", spec.idempotent === true, () => repeats(trial)],
    ["tells done from not done, also when interrupted at any place", spec.inspect !== undefined, () => inspects(trial)],
    ["undoes what it did, also when interrupted at any place", spec.undo !== undefined, () => undoes(trial)],
    ["stops when it is cancelled, and does nothing after", true, () => stops(trial)],
    ["keeps the secrets that it is given to itself", secretNames.length > 0, () => keepsSecrets(trial)],
  ];
  return checks.flatMap(([holds, of, run]) => (of ? [{ name: `${name} ${holds}`, run }] : []));
}

interface Trial<Input, Output> {
  tool: Tool<Input, Output>;
  example: ToolExample<Input>;
  open(): Promise<Stage<Input>>;
}

async function schemasAreWhole<Input, Output>({ tool, open }: Trial<Input, Output>): Promise<void> {
  const { input, output, version } = tool.spec;
  demand(/^[a-z][a-z0-9-]*\.[a-zA-Z][a-zA-Z0-9]*$/.test(tool.name), `${tool.name} isn't a name like agent.verb.`);
  demand(/^\d+\.\d+\.\d+/.test(version), `${tool.name} has the version ${version}, which isn't one like 1.0.0.`);
  demandWholeSchema(input, `${tool.name}'s input`);
  demandWholeSchema(output, `${tool.name}'s output`);
  await using stage = await open();
  const given = JSON.parse(JSON.stringify(toTemplate(stage.world.input))) as unknown;
  const once = input.parse(given);
  demandSame(
    input.parse(JSON.parse(JSON.stringify(once))),
    once,
    `${tool.name}'s input changes when it is read again.`,
  );
  for (const wrong of [null, "text", []])
    demand(
      !input.safeParse(wrong).success,
      `${tool.name}'s input takes ${show(wrong)}: use an object with named fields.`,
    );
}

async function runs<Input, Output>({ tool, open }: Trial<Input, Output>): Promise<void> {
  await using stage = await open();
  const { ctx, world } = stage;
  const output = await runTool(tool, "run", world.input, ctx);
  const bytes = JSON.stringify(toTemplate(output)).length;
  demand(
    bytes <= maximumOutputBytes,
    `${tool.name} gave ${bytes} bytes of output, more than ${maximumOutputBytes}: keep it as an artifact.`,
  );
  if (!tool.spec.verify) return;
  const { probes } = await runTool(tool, "verify", world.input, await ctx.next(), output);
  const failed = probes.filter(({ passed }) => !passed);
  demand(failed.length === 0, `${tool.name} ran, and its own verification fails: ${show(failed)}`);
}

async function previews<Input, Output>({ tool, open }: Trial<Input, Output>): Promise<void> {
  demand(tool.spec.preview !== undefined, `${tool.name} ${tool.effect} something, so it must have a preview.`);
  await using stage = await open();
  const before = await stage.world.look();
  const preview = await runTool(tool, "preview", stage.world.input, stage.ctx);
  demandSame(await stage.world.look(), before, `${tool.name}'s preview changed something.`);
  demand(
    effectOrder.indexOf(preview.effect) <= effectOrder.indexOf(tool.effect),
    `${tool.name} is declared as "${tool.effect}", and its preview says that it ${preview.effect}.`,
  );
  demand(preview.summary.trim() !== "", `${tool.name}'s preview has no summary for whoever approves it.`);
  demand(preview.undo.how.trim() !== "", `${tool.name}'s preview doesn't say how it is undone, or why it can't be.`);
  demand(
    !preview.undo.possible || tool.spec.undo !== undefined,
    `${tool.name}'s preview promises an undo, and the tool has none.`,
  );
}

async function leavesWorld<Input, Output>({ tool, open }: Trial<Input, Output>): Promise<void> {
  await using stage = await open();
  const before = await stage.world.look();
  await runTool(tool, "run", stage.world.input, stage.ctx);
  demandSame(await stage.world.look(), before, `${tool.name} is declared as "${tool.effect}", and changed something.`);
}

async function repeats<Input, Output>({ tool, open }: Trial<Input, Output>): Promise<void> {
  await using stage = await open();
  const { ctx, world } = stage;
  await runTool(tool, "run", world.input, ctx);
  const once = await world.look();
  await runTool(tool, "run", world.input, await ctx.next({ attempt: 2 }));
  demandSame(
    await world.look(),
    once,
    `${tool.name} says that it is idempotent, and its second run changed something.`,
  );
}

async function inspects<Input, Output>(trial: Trial<Input, Output>): Promise<void> {
  const { tool, open } = trial;
  const clean = await cleanRun(trial);
  await using stage = await open();
  const { ctx, world } = stage;
  const untouched = await runTool(tool, "inspect", world.input, await ctx.next({ orphans: "gone" }));
  if (touchesWorld(tool.effect))
    demand(untouched.status !== "done", `${tool.name}'s inspect says done of what was never begun.`);
  await runTool(tool, "run", world.input, ctx);
  const after = await runTool(tool, "inspect", world.input, await ctx.next({ orphans: "gone" }));
  demand(after.status === "done", `${tool.name}'s inspect says ${show(after)} of what is done.`);
  demand(tool.spec.output.safeParse(after.output).success, `${tool.name}'s inspect gives an output that isn't one.`);
  demandSame(await world.look(), clean.world, `${tool.name}'s inspect changed something.`);

  for (const index of spread(clean.places.length, trial.example.places ?? 12)) {
    await using lost = await open();
    await interruptAt(trial, lost, index);
    await tellsTruth(tool, lost, { clean: clean.world, place: clean.places[index] ?? "" });
  }
}

/** What is said of an attempt that nobody saw end must be so: trying again, or going on, leads where a whole run leads. */
async function tellsTruth<Input, Output>(
  tool: Tool<Input, Output>,
  { ctx, world }: Stage<Input>,
  { clean, place }: { clean: unknown; place: string },
): Promise<void> {
  const said = await runTool(tool, "inspect", world.input, await ctx.next({ orphans: "gone" }));
  demand(
    said.status !== "running",
    `Interrupted ${place}, ${tool.name} is said to run still, with every process gone.`,
  );
  if (said.status === "unknown") return;
  if (said.status === "not_done") await runTool(tool, "run", world.input, await ctx.next({ attempt: 2 }));
  demandSame(
    await world.look(),
    clean,
    said.status === "done"
      ? `Interrupted ${place}, ${tool.name} is said to be done, and isn't.`
      : `Interrupted ${place}, ${tool.name} is said not to be done, and running it then leads elsewhere.`,
  );
}

async function undoes<Input, Output>(trial: Trial<Input, Output>): Promise<void> {
  const { tool, open } = trial;
  {
    await using stage = await open();
    const { ctx, world } = stage;
    const before = await world.look();
    const output = await runTool(tool, "run", world.input, ctx);
    await undoTo(before, tool, { ctx, world }, output, "After a whole run");
  }
  const { places } = await cleanRun(trial);
  for (const index of spread(places.length, trial.example.places ?? 12)) {
    await using stage = await open();
    const before = await stage.world.look();
    await interruptAt(trial, stage, index);
    await undoTo(before, tool, stage, null, `Interrupted ${places[index] ?? ""}`);
  }
}

async function undoTo<Input, Output>(
  before: unknown,
  tool: Tool<Input, Output>,
  { ctx, world }: Pick<Stage<Input>, "ctx" | "world">,
  output: Output | null,
  when: string,
): Promise<void> {
  const { left } = await runTool(tool, "undo", world.input, await ctx.next(), output);
  if (left.length === 0)
    demandSame(await world.look(), before, `${when}, ${tool.name}'s undo says that nothing is left, and something is.`);
}

async function stops<Input, Output>(trial: Trial<Input, Output>): Promise<void> {
  const { tool, open } = trial;
  if (touchesWorld(tool.effect)) {
    await using stage = await open();
    const before = await stage.world.look();
    const signal = AbortSignal.abort(new Error("cancelled"));
    const ended = await endOf(
      runTool(tool, "run", stage.world.input, await stage.ctx.next({ signal })),
      trial,
      "at once",
    );
    demand(ended === "failed", `${tool.name} was cancelled before it began, and ran all the same: look at ctx.signal.`);
    demandSame(await stage.world.look(), before, `${tool.name} was cancelled before it began, and changed something.`);
  }
  const { places, world: clean } = await cleanRun(trial);
  for (const index of spread(places.length, trial.example.places ?? 12)) {
    const place = places[index] ?? "";
    await using stage = await open();
    await cancelAt(trial, stage, index, place);
    if (tool.spec.inspect && touchesWorld(tool.effect)) await tellsTruth(tool, stage, { clean, place });
  }
}

async function cancelAt<Input, Output>(
  trial: Trial<Input, Output>,
  { ctx, world }: Stage<Input>,
  index: number,
  place: string,
): Promise<void> {
  const cancel = new AbortController();
  let [passed, ended] = [0, false];
  const late: string[] = [];
  const own = watchCalls(await ctx.next({ signal: cancel.signal }), (at) => {
    if (ended) late.push(at);
    if (passed++ === index) cancel.abort(new Error("cancelled"));
  });
  await endOf(runTool(trial.tool, "run", world.input, own), trial, place);
  ended = true;
  const before = await world.look();
  await delay(quietMs);
  demandSame(await world.look(), before, `Cancelled ${place}, ${trial.tool.name} ended and still changed something.`);
  demand(
    late.length === 0,
    `Cancelled ${place}, ${trial.tool.name} ended and went on all the same: ${late.join(", ")}.`,
  );
}

async function endOf<Input, Output>(
  running: Promise<unknown>,
  { tool, example }: Trial<Input, Output>,
  place: string,
): Promise<"succeeded" | "failed"> {
  const patience = example.patienceMs ?? 15_000;
  const over = new AbortController();
  const ended = await Promise.race([
    running.then(
      () => "succeeded" as const,
      () => "failed" as const,
    ),
    delay(patience, "late" as const, { signal: over.signal }),
  ]);
  over.abort();
  demand(ended !== "late", `Cancelled ${place}, ${tool.name} still runs after ${patience} ms: look at ctx.signal.`);
  return ended;
}

async function keepsSecrets<Input, Output>(trial: Trial<Input, Output>): Promise<void> {
  const { tool, example } = trial;
  const names = [...new Set([...(tool.spec.secrets ?? []), ...(example.secrets ?? [])])];
  const canaries = Object.fromEntries(names.map((name) => [name, createCanary()]));
  const look = async (failAt?: number): Promise<void> => {
    await using stage = await openStage(example, { secrets: canaries, worstCase: tool.spec.worstCase });
    const found = [...(await say(trial, stage, failAt)), ...(await traces(stage.ctx))];
    for (const [name, canary] of Object.entries(canaries)) {
      for (const [place, text] of found) {
        const form = formIn(text, canary);
        demand(form === undefined, `${tool.name} shows its secret "${name}" in ${place}, in ${form ?? ""} form.`);
      }
    }
  };
  await look();
  const { places } = await cleanRun(trial);
  const failing = places.flatMap((place, index) => (place.startsWith("before exec") ? [index] : []));
  for (const failAt of failing.slice(0, example.places ?? 12)) await look(failAt);
}

/** What every operation gives or throws; with the command at one place of `run` failing, if one is given. */
async function say<Input, Output>(
  { tool }: Trial<Input, Output>,
  { ctx, world }: Stage<Input>,
  failAt: number | undefined,
): Promise<[place: string, text: string][]> {
  const said: [string, string][] = [];
  const tell = async <Result>(operation: string, call: () => Promise<Result>): Promise<Result | null> => {
    try {
      const result = await call();
      said.push([`what ${operation} gives`, JSON.stringify(toTemplate(result))]);
      return result;
    } catch (error) {
      said.push([`the error of ${operation}`, `${textOf(error)}${JSON.stringify(errorData(error))}`]);
      return null;
    }
  };
  if (tool.spec.preview) await tell("preview", () => runTool(tool, "preview", world.input, ctx));
  const own = failAt === undefined ? ctx : await failingAt(ctx, failAt);
  const output = await tell("run", () => runTool(tool, "run", world.input, own));
  const { inspect, verify, undo } = tool.spec;
  if (inspect) await tell("inspect", async () => runTool(tool, "inspect", world.input, await ctx.next()));
  if (verify && output !== null)
    await tell("verify", async () => runTool(tool, "verify", world.input, await ctx.next(), output));
  if (undo) await tell("undo", async () => runTool(tool, "undo", world.input, await ctx.next(), output));
  return said;
}

async function failingAt(ctx: TestContext, index: number): Promise<ToolContext> {
  let passed = 0;
  return watchCalls(await ctx.next(), (place) => {
    if (passed++ !== index) return;
    const outcome = { exitCode: 1, stdout: "", stderr: "It failed for the conformance suite.", durationMs: 0 };
    throw new ToolFailedError(place.replace("before exec of ", ""), [], outcome);
  });
}

/** The places of a run that nothing disturbs, and what the world is like after it. */
async function cleanRun<Input, Output>({
  tool,
  open,
}: Trial<Input, Output>): Promise<{
  places: string[];
  world: unknown;
}> {
  await using stage = await open();
  const places: string[] = [];
  await runTool(
    tool,
    "run",
    stage.world.input,
    watchCalls(stage.ctx, (place) => void places.push(place)),
  );
  return { places, world: await stage.world.look() };
}

/** Runs it up to a place, where its worker is lost: it goes no further, nothing is cleaned up, and its children are gone. */
async function interruptAt<Input, Output>(
  { tool }: Trial<Input, Output>,
  { ctx, world }: Stage<Input>,
  index: number,
): Promise<void> {
  const lost = Promise.withResolvers<"lost">();
  let passed = 0;
  const own = watchCalls(await ctx.next(), async () => {
    if (passed++ < index) return;
    lost.resolve("lost");
    await new Promise(() => undefined);
  });
  try {
    await Promise.race([runTool(tool, "run", world.input, own), lost.promise]);
  } catch (cause) {
    throw new ConformanceError(`${tool.name} failed in a world in which it had worked.`, cause);
  }
  ctx.crash();
}
