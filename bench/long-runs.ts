import { createStateLoader } from "../platform/src/engine/load-state.ts";
import { loadRuns } from "../platform/src/store/journal/load-runs.ts";
import { loopOver } from "./bench-agent.ts";
import { median, timed, type Measure } from "./measure.ts";
import { openStage, type Stage } from "./stage.ts";

const few = 1_000;
const many = 10_000;
const rounds = 5;

/** Whether a loop of 10,000 items (a run of some 20,000 events) costs more per item than short ones, and what taking it over costs. */
export async function measureLongRuns(): Promise<Measure[]> {
  await using stage = await openStage();
  const [short, long] = [stage.plan(loopOver(few)), stage.plan(loopOver(many))];
  // Compiled before it is measured.
  for (let index = 0; index < 5; index += 1) await carryOut(stage, short);
  const [perItem, floor, ratios] = [[] as number[], [] as number[], [] as number[]];
  const [whole, shortened, share] = [[] as number[], [] as number[], [] as number[]];
  for (let index = 0; index < rounds; index += 1) {
    const one =
      (await timed(async () => {
        for (let run = 0; run < 3; run += 1) await carryOut(stage, short);
      })) /
      (3 * few);
    let id = "";
    const other = (await timed(async () => void (id = await carryOut(stage, long)))) / many;
    floor.push(one);
    perItem.push(other);
    ratios.push(other / one);
    const fromSnapshot = await timeToLoad(stage, id);
    await stage.db.query("UPDATE runs SET snapshot = NULL, snapshot_seq = NULL WHERE id = $1", [id]);
    const fromJournal = await timeToLoad(stage, id);
    shortened.push(fromSnapshot);
    whole.push(fromJournal);
    share.push(fromSnapshot / fromJournal);
  }
  return [
    {
      name: "long.loop",
      value: median(perItem),
      unit: "ms/item",
      floor: median(floor),
      ratio: median(ratios),
      target: { atMost: 1.5 },
      what: `a loop over ${many} items in one run; floor: over ${few} items, three runs one after the other`,
    },
    {
      name: "long.takeover",
      value: median(shortened),
      unit: "ms",
      floor: median(whole),
      ratio: median(share),
      target: { atMost: 1 },
      what: `loading that run from its snapshot and the events behind it; floor: from its whole journal`,
    },
  ];
}

async function carryOut(stage: Stage, plan: ReturnType<Stage["plan"]>): Promise<string> {
  const id = await stage.submit(plan);
  await stage.wake();
  await stage.until([id], "succeeded");
  return id;
}

/** Of a run that nobody owns; the best of three, as the first one also reads the pages. */
async function timeToLoad({ db }: Stage, id: string): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < 3; index += 1) {
    times.push(
      await timed(async () => {
        const [stored] = await loadRuns(db, null, [id]);
        if (!stored) throw new Error(`Run ${id} can't be loaded.`);
        await createStateLoader(db).load(stored);
      }),
    );
  }
  return Math.min(...times);
}
