/** Millionths of a US dollar, as short as it stays true. With `?` the price isn't known: counted as the dearest of its provider. */
export function microsText(micros: number, known: boolean): string {
  const dollars = micros / 1e6;
  const digits = micros === 0 || dollars >= 1 ? 2 : dollars >= 0.01 ? 4 : 6;
  return `$${dollars.toFixed(digits)}${known ? "" : " ?"}`;
}
