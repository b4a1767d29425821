/** Something that failed: what is repeated at the end of all, where somebody looks first. */
export interface Failure {
  readonly name: string;
  /** Some lines. */
  readonly why: string;
}

export function sayFailures(failures: readonly Failure[]): void {
  for (const { name, why } of failures) console.log(`\nFAILED: ${name}\n${why.replaceAll(/^/gm, "    ")}`);
}
