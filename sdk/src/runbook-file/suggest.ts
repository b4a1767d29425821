/** ` Did you mean "x"?` for the nearest of the known names; nothing when none is near. */
export function didYouMean(given: string, known: readonly string[]): string | undefined {
  const other = elsewhere.get(given.toLowerCase().replaceAll(/[-_]/g, ""));
  const named = other === undefined ? undefined : known.find((name) => name === other);
  const nearest = named ?? nearestOf(given, known);
  return nearest === undefined ? undefined : `Did you mean ${JSON.stringify(nearest)}?`;
}

/** What other tools call it. */
const elsewhere = new Map(
  Object.entries({
    dependson: "after",
    needs: "after",
    depends: "after",
    with: "input",
    inputs: "input",
    args: "input",
    uses: "tool",
    action: "tool",
    foreach: "each",
    loop: "each",
    withitems: "each",
    condition: "when",
    retries: "retry",
    timeoutms: "timeout",
    timeoutseconds: "timeout",
    description: "help",
    help: "description",
    params: "parameters",
    inputsschema: "parameters",
    vars: "variables",
    required: "optional",
    minlength: "min",
    minimum: "min",
    minitems: "min",
    maxlength: "max",
    maximum: "max",
    maxitems: "max",
    regex: "pattern",
    choices: "enum",
    values: "enum",
    subrun: "run",
    runbook: "run",
    import: "include",
    onerror: "onFailure",
    rescue: "onFailure",
    deadlinems: "deadline",
    lock: "concurrencyKey",
    concurrency: "concurrencyKey",
  }),
);

function nearestOf(given: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(given.length / 3));
  // A name that is much longer can't be near; and comparing is quadratic in its length.
  const candidates = known.filter((name) => Math.abs(name.length - given.length) <= limit && given.length <= 200);
  const ranked = candidates.map((name) => ({ name, distance: distanceOf(given.toLowerCase(), name.toLowerCase()) }));
  return ranked.filter(({ distance }) => distance <= limit).toSorted((a, b) => a.distance - b.distance)[0]?.name;
}

/** Edits from one text to the other; swapping two neighbours counts one. */
function distanceOf(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? Infinity) + 1 : Infinity;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
