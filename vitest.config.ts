import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Take longest: none of them may be what the end of a run waits for. */
const longest = /\/tests\/dashboard\/|\/(mcp\/client|aws|matrix|crash|conformance-on-host|fault-resume|up)\.test\.ts$/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => longest.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** Every test of the repository. `npm test` runs them with coverage; `npx vitest run <file>` runs one file without. */
export default defineConfig({
  test: {
    include: [
      "{sdk,platform,cli,dashboard}/src/**/*.test.ts",
      "agents/*/src/**/*.test.ts",
      "scripts/**/*.test.ts",
      "tests/{integration,conformance,e2e,injection,dashboard}/**/*.test.ts",
    ],
    globalSetup: "tests/support/postgres-server.ts",
    setupFiles: ["tests/support/compile-cache.ts", "tests/support/whole-coverage.ts"],
    pool: "forks",
    // As Node runs it, here as in production. Coverage of a file that tests import and children run can be added up only then:
    // Vite's form of the file has other offsets than the file.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // A file that begins in a process that has the modules loaded and compiled takes half the processor time (53 s → 30 s for 14 files
    // of the API). Nothing that a file could change is kept by a module; a test that changes its process puts that back.
    isolate: false,
    // Much of it waits for children and pages: on two cores three files at once took 1,234 s where two had taken 1,807.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // For what hangs. How fast something is belongs to bench/: a busy machine must not turn a test red.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    coverage: {
      provider: "v8",
      // Servers, workers and shims are processes of their own: what they ran counts too.
      autoAttachSubprocess: true,
      include: ["sdk/src/**/*.ts", "platform/src/**/*.ts"],
      exclude: ["**/*.test.ts", "**/fixtures/**"],
      reporter: ["text-summary", "json-summary", "html"],
      thresholds: { lines: 85 },
    },
  },
});
