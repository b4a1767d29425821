export const texts = {
  en: {
    asks: (agent: string | null, step: string) => (agent === null ? `Step ${step} asks` : `The agent ${agent} asks`),
    until: "until",
    run: "Its run",
    answer: "Answer",
    decline: "Give no answer",
    yes: "Yes",
    no: "No",
    read: "Agents, models and servers that asked read the answer: put no secret into it. It approves nothing.",
    group: (group: string) => `For the group ${group} to answer.`,
    notYours: "You may not answer it.",
  },
};
