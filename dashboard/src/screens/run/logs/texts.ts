import { plural } from "../../../ui/texts.ts";

export const texts = {
  en: {
    log: "Log",
    find: "Find in the log",
    next: "Next match",
    previous: "Previous match",
    place: (place: number, count: number, whole: boolean) =>
      count === 0
        ? whole
          ? "no match"
          : "looking …"
        : `${place === 0 ? "" : `${place.toLocaleString("en")} of `}${plural("en", count, { one: "line", other: "lines" })}${whole ? "" : " …"}`,
    errorsOnly: "Errors only",
    wrap: "Wrap lines",
    follow: "Follow",
    newLines: (count: number) => `${plural("en", count, { one: "new line", other: "new lines" })}, follow again`,
    download: "Download",
    lines: (count: number) => plural("en", count, { one: "line", other: "lines" }),
    states: {
      reading: "reading …",
      following: "live",
      waiting: "connecting again …",
      ended: "complete",
      failed: "not read",
    },
    errorStream: "Error stream",
    lineLink: (line: number) => `Line ${line}`,
    attempt: (operation: string, number: number) => `${operation} ${number}`,
    fold: "Fold",
    unfold: "Unfold",
    none: "Nothing was written.",
    noneYet: "Nothing was written yet.",
    noErrors: "Nothing was written to the error stream, and no attempt failed.",
    commandLine: "At the command line",
  },
};
