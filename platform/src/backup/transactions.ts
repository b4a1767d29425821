// Numbers of transactions in COPY's text: they order the feed, and mean nothing to another server. A restore gives the rows new
// ones in the same order, each old one its own, so that whatever compares two of them finds what it found before.

/** Sees (and may exchange) the values at some positions of each row; rows come in pieces that end anywhere. */
export function createRowMapper(positions: readonly number[], exchange: (value: string) => string) {
  let rest = "";
  const wanted = new Set(positions);
  const mapLine = (line: string): string =>
    // Tabs within values are escaped.
    line
      .split("\t")
      .map((value, index) => (wanted.has(index) && value !== "\\N" ? exchange(value) : value))
      .join("\t");
  return {
    push(bytes: Buffer): Buffer {
      // Latin-1 keeps every byte as it is.
      const lines = (rest + bytes.toString("latin1")).split("\n");
      rest = lines.pop() ?? "";
      return Buffer.from(lines.map((line) => `${mapLine(line)}\n`).join(""), "latin1");
    },
  };
}

/** Distinct numbers in order; eight bytes each. */
export interface TransactionOrder {
  add(value: string): void;
  size(): number;
  /** How many there are below this one. */
  rank(value: string): number;
}

export function createTransactionOrder(): TransactionOrder {
  let values = new Float64Array(1024);
  let used = 0;
  let clean = 0;
  const compact = (): void => {
    if (clean === used) return;
    values.subarray(0, used).sort();
    let kept = 0;
    for (let at = 0; at < used; at++) {
      const value = values[at] ?? 0;
      if (kept === 0 || values[kept - 1] !== value) values[kept++] = value;
    }
    used = kept;
    clean = kept;
  };
  return {
    add(text) {
      const value = Number(text);
      // Rows of one transaction mostly follow one another.
      if (used > 0 && values[used - 1] === value) return;
      if (used === values.length) {
        compact();
        if (used > values.length / 2) {
          const larger = new Float64Array(values.length * 2);
          larger.set(values);
          values = larger;
        }
      }
      values[used++] = value;
    },
    size() {
      compact();
      return used;
    },
    rank(text) {
      compact();
      const value = Number(text);
      let [low, high] = [0, used];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((values[middle] ?? 0) < value) low = middle + 1;
        else high = middle;
      }
      return low;
    },
  };
}
