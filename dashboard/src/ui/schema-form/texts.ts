import type { ProblemWords } from "./draft.ts";

const words: ProblemWords = {
  needed: "Fill this in.",
  number: "This must be a number.",
  whole: "This must be a whole number.",
  least: (limit) => `At least ${limit}.`,
  most: (limit) => `At most ${limit}.`,
  shortest: (limit) => `At least ${limit} characters.`,
  longest: (limit) => `At most ${limit} characters.`,
  json: "This isn't JSON.",
  name: "Each entry needs a name.",
  twice: (name) => `${name} is there twice.`,
};

export const texts = {
  en: {
    words,
    optional: "optional",
    unlessTold: (value: string) => `Unless told: ${value}.`,
    choose: "Choose …",
    none: "Not given",
    yes: "Yes",
    secret: "Only its name is kept here; who runs it never sees its value.",
    noSecrets: "No secret is stored for this place yet; store one under Settings, or type the name of one to come.",
    json: "As JSON.",
    format: {
      uri: "An address, such as https://example.com.",
      "date-time": "A moment, such as 2026-12-01T06:00:00Z.",
      date: "A day, such as 2026-12-01.",
      email: "An e-mail address.",
      uuid: "A UUID.",
    } as Record<string, string>,
    add: (what: string) => `Add to ${what}`,
    remove: (what: string) => `Remove ${what}`,
    entry: (what: string, number: number) => `${what} ${number}`,
    entryName: (what: string, number: number) => `${what}: name ${number}`,
    entryValue: (what: string, number: number) => `${what}: value ${number}`,
    nothing: "Nothing yet.",
    kind: "Kind",
    option: (number: number) => `Form ${number}`,
  },
};
