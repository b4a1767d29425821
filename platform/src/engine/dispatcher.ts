import type { OwnedRun } from "./owned-run.ts";

export interface Dispatcher {
  /** How many attempts the run may announce now. `ending`: those that the same decision brings to an end. */
  capacityFor(run: OwnedRun, ending: number): number;
  /** Brings the count up to date after a decision, or when the run leaves (`attempts` 0). */
  count(run: OwnedRun, attempts: number): void;
  /** Puts the run in line for capacity. */
  wait(run: OwnedRun): void;
  leave(run: OwnedRun): void;
  /** Wakes those whose turn it is, as far as capacity goes. */
  serve(): void;
  inFlight(): number;
}

/**
 * Shares this worker's capacity: freed capacity goes to the organization with the fewest attempts under way, within one
 * to the highest priority, then to whoever came first. A run whose attempt ended may go straight on with its next one
 * (end and start are then one commit) unless somebody in line has a better claim.
 */
export function createDispatcher({ capacity, wake }: { capacity(): number; wake(run: OwnedRun): void }): Dispatcher {
  const lines = new Map<string, OwnedRun[]>();
  const attemptsOf = new Map<string, number>();
  let total = 0;

  const ofOrg = (org: string): number => attemptsOf.get(org) ?? 0;
  const hasBetterClaim = (run: OwnedRun): boolean => {
    if (lines.size === 0) return false;
    const mine = ofOrg(run.stored.org);
    for (const [org, line] of lines) {
      if (org !== run.stored.org) {
        if (ofOrg(org) < mine) return true;
        continue;
      }
      const first = line[0];
      if (!first || first === run) continue;
      if (first.stored.priority > run.stored.priority) return true;
      if (first.state.open.size === 0 && run.state.open.size > 1) return true;
    }
    return false;
  };
  const leave = (run: OwnedRun): void => {
    run.waitsForCapacity = false;
    run.granted = false;
    const line = lines.get(run.stored.org);
    const at = line?.indexOf(run) ?? -1;
    if (at >= 0) line?.splice(at, 1);
    if (line?.length === 0) lines.delete(run.stored.org);
  };

  return {
    capacityFor: (run, ending) => {
      const free = capacity() - total + ending;
      return free > 0 && (run.granted || !hasBetterClaim(run)) ? free : 0;
    },
    count: (run, attempts) => {
      if (attempts === run.counted) return;
      total += attempts - run.counted;
      const left = ofOrg(run.stored.org) + attempts - run.counted;
      if (left === 0) attemptsOf.delete(run.stored.org);
      else attemptsOf.set(run.stored.org, left);
      run.counted = attempts;
    },
    wait: (run) => {
      if (run.waitsForCapacity) return;
      run.waitsForCapacity = true;
      run.granted = false;
      const line = lines.get(run.stored.org);
      if (!line) return void lines.set(run.stored.org, [run]);
      const before = line.findIndex((other) => other.stored.priority < run.stored.priority);
      line.splice(before < 0 ? line.length : before, 0, run);
    },
    leave,
    serve: () => {
      let free = capacity() - total;
      while (free > 0 && lines.size > 0) {
        let best: OwnedRun | undefined;
        for (const [org, line] of lines) {
          const first = line[0];
          if (first && (!best || ofOrg(org) < ofOrg(best.stored.org))) best = first;
        }
        if (!best) return;
        leave(best);
        best.granted = true;
        free -= 1;
        wake(best);
      }
    },
    inFlight: () => total,
  };
}
