import { boundariesRule } from "./boundaries.ts";
import { environmentRule } from "./environment.ts";
import { pureRule } from "./pure.ts";

/** Lint rules of this repository, loaded by .oxlintrc.json: what oxlint's own rules can't express with a reason. */
export default {
  meta: { name: "gantry" },
  rules: { boundaries: boundariesRule, environment: environmentRule, pure: pureRule },
};
