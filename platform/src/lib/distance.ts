/**
 * How many letters were left out, added, changed or swapped with their neighbour (optimal string alignment), or more than `most`.
 * Words are short: callers give none longer than 40 characters.
 */
export function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a.charAt(i - 1) === b.charAt(j - 1);
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a.charAt(i - 1) === b.charAt(j - 2) && a.charAt(i - 2) === b.charAt(j - 1))
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? most + 1;
}

function sorted(word: string): string {
  return word.split("").toSorted().join("");
}

/** The one word that this can be a slip of the pen for; nothing when it is short, too far, or could be for two. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  if (word.length < 5 || word.length > 40) return undefined;
  const most = word.length >= 8 ? 2 : 1;
  let best: string | undefined;
  let least = most + 1;
  let ties = 0;
  for (const other of words) {
    if (other.length > 42 || other.length < 4) continue;
    // A short word with one letter exchanged is more often another word (`paint` for `point`) than a slip.
    if (word.length === 5 && other.length === 5 && sorted(word) !== sorted(other)) continue;
    const far = distance(word, other, most);
    if (far < least) [best, least, ties] = [other, far, 1];
    else if (far === least && other !== best) ties += 1;
  }
  return ties === 1 && least <= most ? best : undefined;
}
