/** Plans that a model drafts: what it may make them of, and what its drafts come to. Pure; used by the runner, where thinking happens. */
export { describeOffered, describeSchema, listOffered, problemsOfDescribe, type Offered } from "./capabilities.ts";
export { planOfDraft } from "./plan-of-draft.ts";
