import { plural } from "../../../ui/texts.ts";

export const texts = {
  en: {
    title: "Backup",
    lead: "Everything of this installation in one encrypted file. A backup that was never restored is a hope.",
    last: "Last whole backup",
    never: "There is none. Make one, on another disk.",
    holds: "Holds the moment",
    age: "Age",
    schedule: "Schedule",
    scheduled: "this server backs itself up",
    unscheduled: "none: set GANTRY_BACKUP_FOLDER",
    state: "State",
    late: "late",
    inTime: "in time",
    lateText:
      "The schedule's newest backup is older than twice its interval. Look at the server's log, or make one now.",
    drill: "Last restore that was tried out",
    noDrill: "None was tried out yet: nobody knows whether a backup can be restored.",
    at: "When",
    outcome: "Outcome",
    whole: "came back whole",
    failed: "failed",
    failedText: "The backup could not be restored as it was. Find out why before you need it.",
    host: "Backups belong to the installation, so they are made, verified and restored on its host.",
    before: "To see every backup that was made, act for the installation.",
    all: "Backups",
    noBackups: "None was made yet.",
    scheduledAs: ({
      folder,
      everyHours,
      keep,
      keepDays,
    }: {
      folder: string;
      everyHours: number;
      keep: number;
      keepDays: number;
    }) =>
      `The server backs itself up into ${folder} ${everyHours === 1 ? "every hour" : `every ${everyHours} hours`}, and keeps the last ${keep} and what is younger than ${keepDays} days.`,
    file: "File",
    finished: "Finished",
    size: "Size",
    holdsRows: (size: string, rows: number) => `${size}, ${plural("en", rows, { one: "row", other: "rows" })}`,
    complete: "complete",
    triedOut: "restoring it was tried out last",
    commands: {
      list: "What there is",
      create: "Make one now",
      drill: "Try a restore out, in a database of its own",
      status: "What became of what was under way at the last restore",
    },
  },
};
