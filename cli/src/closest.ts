/** What was probably meant: the name with the fewest letters changed, added, left out or swapped; undefined if none is near. */
export function closest(word: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((name) => ({ name, distance: name.startsWith(word) && word.length > 1 ? 0.5 : distance(word, name) }))
    .filter(({ name, distance: far }) => far <= Math.max(1, Math.min(word.length, name.length) / 3))
    .toSorted((a, b) => a.distance - b.distance);
  return ranked[0]?.name;
}

/** Optimal string alignment. */
function distance(a: string, b: string): number {
  // Nobody mistypes more than that, and names may come from a server.
  if (a.length > 100 || b.length > 100) return Number.POSITIVE_INFINITY;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let row = 1; row <= a.length; row += 1) {
    rows.push([row]);
    for (let column = 1; column <= b.length; column += 1) {
      const changed = a[row - 1] === b[column - 1] ? 0 : 1;
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const least = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + changed,
        swapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
      rows[row]?.push(least);
    }
  }
  return at(a.length, b.length);
}
