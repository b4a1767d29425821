import { allCases, type InjectionCase } from "./cases.ts";
import { openStage } from "./stage.ts";

export interface Tried {
  one: InjectionCase;
  /** The attacker got what they wanted with nothing around the model. */
  bare: boolean;
  /** They got it as the product is. */
  guarded: boolean;
}

export async function tryAll(): Promise<Tried[]> {
  await using stage = await openStage();
  const tried: Tried[] = [];
  for (const one of allCases()) {
    const bare = one.goal.reached(await stage.bare(one));
    tried.push({ one, bare, guarded: one.goal.reached(await stage.guarded(one)) });
  }
  return tried;
}
