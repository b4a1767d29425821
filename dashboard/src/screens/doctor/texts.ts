import { plural } from "../../ui/texts.ts";

export const texts = {
  en: {
    title: "Doctor",
    lead: "What works at the server, what is missing, what works without it, and the command that mends it.",
    fine: (missing: number) =>
      missing === 0
        ? "Nothing is missing."
        : `Nothing required is missing. ${plural("en", missing, { one: "more thing", other: "more things" })} would be good to have.`,
    toMend: (broken: number) => `${plural("en", broken, { one: "thing is", other: "things are" })} to mend.`,
    again: "Look again",
    looking: "Looking …",
    checks: "What was looked at",
    firstSteps: "The first steps, from nothing to a change that was taken back",
    twin: "The same at the command line, with what only the machine in front of you knows",
  },
};
