import { runChecks } from "./check/checks.ts";

// `npm run check`: everything that can be known without running the product.
const { passed, failed } = await runChecks();
console.log(failed === 0 ? `\nall ${passed} checks passed` : `\n${failed} of ${passed + failed} checks failed`);
process.exitCode = failed === 0 ? 0 : 1;
