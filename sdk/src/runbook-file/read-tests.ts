import type { RunbookSource } from "./load.ts";
import type { RunbookProblem } from "./problem.ts";
import { readYaml } from "./read-yaml.ts";
import { TestFile, type TestCase } from "./schema.ts";
import { check } from "./shape.ts";

/** Cases from a file of their own, `release.test.yaml` beside `release.yaml`. */
export function readTests({ file, text }: RunbookSource): { tests: TestCase[]; problems: RunbookProblem[] } {
  const document = readYaml(file, text);
  const problems = [...document.problems];
  if (document.value === undefined) return { tests: [], problems };
  const read = check(TestFile, document.value, [], (finding) => void problems.push(document.locate(finding)));
  return { tests: read?.tests ?? [], problems };
}
