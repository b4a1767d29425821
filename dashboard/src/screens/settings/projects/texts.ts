export const texts = {
  en: {
    title: "Projects and environments",
    lead: "A project is a team's area; an environment is where its runs change things, and how protected it is there.",
    environment: "Environment",
    protection: "Protection",
    protections: { open: "open", guarded: "guarded", strict: "strict" },
    protectionWords: {
      open: "changes need no approval",
      guarded: "changes need an approval",
      strict: "changes need an approval, destruction more of it",
    },
    pool: "Pool",
    poolHint: "The workers that reach it. Runs that were created keep theirs.",
    live: (count: number) => (count === 1 ? "1 live run" : `${count} live runs`),
    noEnvironments: "No environment yet: runs need one.",
    addProject: "New project",
    addEnvironment: "New environment",
    name: "Name",
    project: "Project",
    create: "Create",
    save: "Save",
    rename: "Rename",
    renameTitle: (name: string) => `Rename ${name}`,
    remove: "Remove",
    removeProject: (name: string) => `Remove the project ${name}?`,
    removeProjectText:
      "With its environments, connections, variables, secrets, policies and triggers. Its runs stay in the history. It is refused while runs are live.",
    removeEnvironment: (name: string) => `Remove the environment ${name}?`,
    removeEnvironmentText:
      "With all that belongs to it. Its runs stay in the history. It is refused while runs are live.",
    twin: "The same at the command line",
  },
};
