export const texts = {
  en: {
    title: "Runbooks",
    lead: "What can be run: procedures that plan the same way each time.",
    search: "Search runbooks",
    none: "There is nothing to run yet.",
    nothing: (search: string) => `No runbook is about “${search}”.`,
    origins: { agent: "an agent's", file: "a file of the server", published: "published here" },
    deprecated: "deprecated",
    deprecatedSince: (since: string, use: string | undefined, reason: string | undefined) =>
      [`Deprecated since ${since}.`, reason, use === undefined ? undefined : `Use ${use} instead.`]
        .filter((part) => part !== undefined)
        .join(" "),
    run: "Run it",
    tryIt: "Try it",
    intents: "For when somebody wants to:",
    examples: "Such as:",
    parameters: "Parameters",
    noParameters: "It takes none.",
    required: "required",
    optional: "optional",
    unlessTold: (value: string) => `${value} unless told`,
    versions: "Versions",
    current: "current",
    atTerminal: "The same at the command line",
  },
};
