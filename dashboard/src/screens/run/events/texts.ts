import { plural } from "../../../ui/texts.ts";

export const texts = {
  en: {
    history: "History",
    narrow: "Narrow to type, step or person",
    count: (shown: number, all: number) =>
      shown === all
        ? plural("en", all, { one: "event", other: "events" })
        : `${shown.toLocaleString("en")} of ${plural("en", all, { one: "event", other: "events" })}`,
    states: { reading: "reading …", live: "live", failed: "not read to its end" },
    follow: "Follow",
    newEvents: (count: number) => `${plural("en", count, { one: "new event", other: "new events" })}, follow again`,
    show: (seq: number) => `Event ${seq}`,
    none: "No event has this in it.",
    again: "Read again",
    purged: (seq: number) => `What was before event ${seq} was purged by retention.`,
    commandLine: "At the command line",
  },
};
