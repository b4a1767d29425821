import { runChecks } from "./check/checks.ts";
import { sayFailures } from "./failure.ts";

// `npm run check`: everything that can be known without running the product.
const { passed, failures } = await runChecks();
sayFailures(failures);
const failed = failures.length;
console.log(failed === 0 ? `\nall ${passed} checks passed` : `\n${failed} of ${passed + failed} checks failed`);
process.exitCode = failed === 0 ? 0 : 1;
