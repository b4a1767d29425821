/** From a moment to a place between 0 and 1. Idle times are folded into narrow pieces of the same width. */
export interface Scale {
  at(time: number): number;
  /** Where folded times are, for marks. */
  folds: { from: number; to: number; left: number; width: number }[];
}

const foldWidth = 0.03;

/** `gaps` in order, without overlap; none: time as it passed. */
export function scaleOf(from: number, to: number, gaps: readonly { from: number; to: number }[]): Scale {
  const folded = gaps.reduce((sum, gap) => sum + (gap.to - gap.from), 0);
  const busy = Math.max(1, to - from - folded);
  const room = 1 - foldWidth * gaps.length;
  const folds: Scale["folds"] = [];
  let left = 0;
  let last = from;
  for (const gap of gaps) {
    left += ((gap.from - last) / busy) * room;
    folds.push({ ...gap, left, width: foldWidth });
    left += foldWidth;
    last = gap.to;
  }
  return {
    folds,
    at(time) {
      const within = Math.min(Math.max(time, from), to);
      const before = folds.findLast((fold) => fold.from <= within);
      if (before === undefined) return ((within - from) / busy) * room;
      if (within <= before.to)
        return before.left + foldWidth * ((within - before.from) / Math.max(1, before.to - before.from));
      return before.left + foldWidth + ((within - before.to) / busy) * room;
    },
  };
}
