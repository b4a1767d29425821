/**
 * The shortest prefixes by which the ids of a list can be told apart. Ids begin with the time, so that fewer than 13
 * characters rarely differ.
 */
export function shortIds(ids: readonly string[]): (id: string) => string {
  const all = [...new Set(ids)];
  for (let length = 13; length < 36; length += 1) {
    if (new Set(all.map((id) => id.slice(0, length))).size === all.length) return (id) => id.slice(0, length);
  }
  return (id) => id;
}
