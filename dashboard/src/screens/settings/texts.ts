export const texts = {
  en: {
    title: "Settings",
    lead: "Who may do what, where things run, and what is kept. Each page shows the command that does the same.",
    back: "All settings",
    nothing: "There is no such page of the settings.",
    groups: { you: "You", people: "People and programs", rules: "Rules", places: "Places", records: "Records" },
    sections: {
      account: { label: "Account and sessions", about: "Where you are signed in, your name and what you may do" },
      people: { label: "People", about: "Members, their groups, teams and roles" },
      invitations: { label: "Invitations", about: "Let somebody join" },
      teams: { label: "Teams", about: "People together, who share roles and approve as a group" },
      roles: { label: "Roles", about: "Who may do what, where, until when" },
      programs: { label: "Service accounts", about: "Accounts of programs" },
      keys: { label: "API keys", about: "What programs and the command line sign in with" },
      policies: { label: "Policies", about: "What is allowed, denied, or needs an approval" },
      retention: { label: "Retention", about: "How long what is kept" },
      projects: {
        label: "Environments",
        about: "Projects and their environments: where runs happen, and how protected it is there",
      },
      connections: { label: "Connections", about: "How tools reach things; try them out" },
      variables: { label: "Variables", about: "Plain values that runbooks read" },
      secrets: { label: "Secrets", about: "Values that go in and never come out" },
      notifications: { label: "Notifications", about: "Who is told what, and whether it arrived" },
      audit: { label: "Audit", about: "Who did what, and the proof that nobody changed it" },
    },
  },
};
