import type { OccurrenceOutcome, TriggerSource } from "@gantry/sdk/api";

const outcomes: Record<OccurrenceOutcome, string> = {
  fired: "fired",
  filtered: "condition false",
  paused: "paused",
  frozen: "frozen",
  missed: "missed",
  duplicate: "duplicate",
  replayed: "replayed",
  bad_signature: "bad signature",
  rate_limited: "too many",
  quota: "quota reached",
  runbook_missing: "runbook missing",
  right_lost: "right lost",
  loop: "loop",
  invalid: "doesn't fit",
  unreachable: "unreachable",
};

const kinds: Record<TriggerSource["kind"], string> = {
  schedule: "A schedule",
  webhook: "A webhook",
  git: "A commit on a branch or tag",
  run: "The end of another run",
};

export const texts = {
  en: {
    title: "Triggers",
    lead: "What starts runs by itself: schedules, webhooks, commits, and the ends of other runs.",
    none: "Nothing starts by itself yet.",
    noneHint: "Compose a change, and save it as a schedule or trigger.",
    command: 'npx gantry trigger add schedule nightly --cron "0 6 * * *" --environment dev --runbook check.http',
    compose: "Compose a change",
    state: { active: "active", paused: "paused" },
    next: "Next",
    latest: "Latest",
    never: "never yet",
    kinds,
    outcomes,
    runs: "Runs",
    where: "Where",
    when: "When",
    condition: "Only if",
    actsFor: "Acts for",
    hook: "Address for deliveries",
    parameters: "Parameters",
    mapping: "From the payload",
    history: "History",
    more: "Show more",
    noHistory: "Nothing has happened yet.",
    allOutcomes: "Every outcome",
    outcome: "Outcome",
    run: "Run",
    times: (count: number) => `${count} times`,
    pause: "Pause",
    resume: "Resume",
    fire: "Fire it now",
    edit: "Edit",
    editTitle: (name: string) => `When ${name} fires, and with what`,
    editActsFor: (who: string) =>
      `It acts for ${who}. Once you have changed it, it acts for you: whoever chose what is done can't be the one who approves it.`,
    remove: "Remove",
    removeTitle: (name: string) => `Remove ${name}?`,
    removeText: "It starts nothing any more. Its history and its runs stay.",
    pausedBy: (who: string, reason: string | null) => `Paused by ${who}${reason === null ? "" : `: ${reason}`}.`,
    source: (source: TriggerSource): string => {
      switch (source.kind) {
        case "schedule":
          return `${source.cron} (${source.timeZone})`;
        case "webhook":
          return `webhook, ${source.scheme}`;
        case "git":
          return `${source.repository} ${source.ref}`;
        case "run":
          return `a run of ${source.runbook ?? "any runbook"} ends: ${source.status.join(", ")}`;
        default:
          return source satisfies never;
      }
    },
    saveTitle: "Let it start by itself",
    saveWhat: (runbook: string, environment: string) =>
      `${runbook} in ${environment}, with the parameters that stand in the form. It acts for you: whenever it fires, your right to run is asked for, and what needs approval still does.`,
    name: "Name",
    nameHint: "Lower-case letters, digits and -.",
    kind: "What starts it",
    options: "Only if, and values from what happened",
    conditionHint: "In CEL, over payload, occurrence and trigger: payload.ref == 'refs/heads/main'. Empty: always.",
    mappingHint: "Further parameters, each in CEL over the same: ref = payload.after.",
    parameter: "Parameter",
    expression: "Expression",
    save: "Save",
    saving: "Saving …",
  },
};
