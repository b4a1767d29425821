import type { KnipConfig } from "knip";

/** Dead files, exports and dependencies. Entry points are what npm scripts start and what packages export. */
const config: KnipConfig = {
  workspaces: {
    ".": {
      entry: [
        "scripts/*.{ts,mjs}",
        "bench/main.ts",
        "examples/*/main.ts",
        "tests/{fault,mutations}/main.ts",
        "tests/{integration,conformance,e2e}/**/*.test.ts",
        "scripts/**/*.test.ts",
      ],
      project: ["scripts/**/*.{ts,mjs}", "bench/**/*.ts", "examples/**/*.ts", "tests/**/*.ts"],
      // Started by name: `node` by every npm script, oxfmt and oxlint by check.ts, tsgolint by oxlint.
      ignoreDependencies: ["node", "oxfmt", "oxlint", "oxlint-tsgolint"],
    },
    sdk: { project: "src/**/*.ts" },
    platform: { entry: "src/main.ts", project: "src/**/*.ts" },
    "agents/*": { project: "src/**/*.ts" },
    cli: { entry: "src/main.ts", project: ["bin/**/*.js", "src/**/*.ts"] },
  },
  ignore: ["**/fixtures/**"],
  ignoreExportsUsedInFile: true,
};

export default config;
