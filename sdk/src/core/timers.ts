import type { Operation } from "../events.ts";

/** What a time is for: an operation that is tried again, or a wait that ends. */
export type Purpose = Operation | "wait";

interface Entry {
  readonly key: string;
  readonly at: number;
  readonly purpose: Purpose;
}

/**
 * Steps with a time, the next one at hand: looking through 10,000 items that wait or are tried again for every event was
 * quadratic. A binary heap per purpose; what was cleared stays in it until it comes to the top, or there is too much of it.
 */
export interface Timers {
  readonly entries: Map<string, Entry>;
  readonly heaps: Map<Purpose, Entry[]>;
}

export function createTimers(): Timers {
  return { entries: new Map(), heaps: new Map() };
}

export function startTimer({ entries, heaps }: Timers, key: string, at: number, purpose: Purpose): void {
  const entry = { key, at, purpose };
  entries.delete(key);
  entries.set(key, entry);
  const heap = heaps.get(purpose);
  if (heap && heap.length <= 2 * entries.size + 16) return push(heap, entry);
  const fresh: Entry[] = [];
  for (const one of entries.values()) if (one.purpose === purpose) push(fresh, one);
  heaps.set(purpose, fresh);
}

/** The earliest time of all for these purposes; infinity without any. */
export function earliestTimer({ entries, heaps }: Timers, purposes: readonly Purpose[] | null = null): number {
  let earliest = Number.POSITIVE_INFINITY;
  if (entries.size === 0) return earliest;
  for (const [purpose, heap] of heaps) {
    if (purposes !== null && !purposes.includes(purpose)) continue;
    dropCleared(entries, heap);
    earliest = Math.min(earliest, heap[0]?.at ?? earliest);
  }
  return earliest;
}

/** Keys whose time has come, one at a time: who can start no more of them looks no further. */
export function* dueTimers({ entries, heaps }: Timers, purpose: Purpose, now: number): Generator<string> {
  const heap = heaps.get(purpose);
  if (heap === undefined || entries.size === 0) return;
  dropCleared(entries, heap);
  const next = [0];
  for (let index = next.pop(); index !== undefined; index = next.pop()) {
    const entry = heap[index];
    if (entry === undefined || entry.at > now) continue;
    next.push(2 * index + 2, 2 * index + 1);
    if (entries.get(entry.key) === entry) yield entry.key;
  }
}

function dropCleared(entries: Timers["entries"], heap: Entry[]): void {
  while (heap[0] !== undefined && entries.get(heap[0].key) !== heap[0]) pop(heap);
}

function push(heap: Entry[], entry: Entry): void {
  let index = heap.push(entry) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] as Entry;
    if (above.at <= entry.at) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop() as Entry;
  if (heap.length === 0) return;
  let index = 0;
  for (let child = 1; child < heap.length; child = 2 * index + 1) {
    if (child + 1 < heap.length && (heap[child + 1] as Entry).at < (heap[child] as Entry).at) child += 1;
    const smaller = heap[child] as Entry;
    if (smaller.at >= last.at) break;
    heap[index] = smaller;
    index = child;
  }
  heap[index] = last;
}
