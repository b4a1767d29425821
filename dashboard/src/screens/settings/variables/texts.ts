export const texts = {
  en: {
    title: "Variables",
    lead: "Plain values that runbooks read. The environment's wins over the project's, and that over the organization's.",
    label: "Variable",
    value: "Value",
    where: "Where",
    by: "Set by",
    at: "at",
    read: "In a runbook",
    add: "New variable",
    name: "Name",
    set: "Set variable",
    remove: "Remove",
    removeQuestion: (name: string) => `Remove the variable ${name}?`,
    removeText: "Plans that were made keep its value; new ones get the next one above it, or none.",
    empty: "No variable is set yet.",
  },
};
