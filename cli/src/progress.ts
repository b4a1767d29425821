import type { RunEvent } from "@gantry/sdk";
import type { AnswerPart, RunDetail } from "@gantry/sdk/api";
import { renderEvent } from "./render/event-line.ts";
import { renderStepTable, renderWaiting, summarizeSteps } from "./render/run.ts";
import { safeLine } from "./render/safe-text.ts";
import { cut } from "./render/text.ts";
import { clockTime, duration } from "./render/time.ts";
import { paintStatus, statusWord } from "./render/words.ts";
import type { Terminal } from "./terminal.ts";

/** Shows a run while it is followed. */
export interface Progress {
  event(event: RunEvent): void;
  /** What a model says while it says it. */
  part?(part: AnswerPart): void;
  /** The run as it is now; comes after the events that made it so. */
  state(run: RunDetail): void;
  /** The connection broke, or history is gone. */
  note(text: string): void;
  /** Nothing more follows. */
  end(): void;
}

const heartbeatMs = 30_000;

/** Redraws on a terminal; elsewhere a line per change of state. All on stderr. */
export function createProgress(terminal: Terminal, now: () => number): Progress {
  return terminal.canRedraw ? redrawn(terminal, now) : lines(terminal, now);
}

/** Where the screen isn't redrawn, because something else is written to it too. */
export function createLines(terminal: Terminal, now: () => number): Progress {
  return lines(terminal, now);
}

/** A line per change, and one every 30 s in which nothing changed, so that nobody takes a long step for a hang. */
function lines(terminal: Terminal, now: () => number): Progress {
  let current: RunDetail | undefined;
  const beat = setInterval(() => {
    if (current === undefined) return;
    const waiting = current.waiting === null ? "" : `; waits for ${renderWaiting(current, now())}`;
    terminal.say(`${clockTime(now())} still ${statusWord(current.status)}: ${summarizeSteps(current.steps)}${waiting}`);
  }, heartbeatMs);
  const say = (text: string): void => {
    beat.refresh();
    terminal.say(text);
  };
  return {
    event(event) {
      const line = renderEvent(event);
      if (line !== null) say(line);
    },
    state: (run) => (current = run),
    note: (text) => say(`${clockTime(now())} ${safeLine(text)}`),
    end: () => clearInterval(beat),
  };
}

/** The steps as a table that is drawn over itself; once a second also without a change, because time passes. */
function redrawn(terminal: Terminal, now: () => number): Progress {
  let current: RunDetail | undefined;
  let drawn = 0;
  let note = "";
  const draw = (): void => {
    if (current === undefined) return;
    const block = renderBlock(current, note, { terminal, now: now() });
    terminal.write(`${erase(drawn)}${block.join("\n")}\n`);
    drawn = block.length;
  };
  const tick = setInterval(draw, 1_000);
  return {
    // What an agent does within a step is seen nowhere else on the screen.
    event(event) {
      note = event.type === "attempt.noted" ? (renderEvent(event) ?? "") : "";
      // The next event may come before the next drawing.
      if (note !== "") draw();
    },
    state(run) {
      current = run;
      draw();
    },
    note(text) {
      note = safeLine(text);
      draw();
    },
    end() {
      clearInterval(tick);
      draw();
    },
  };
}

/** Up over what was drawn, and away with it. */
function erase(lineCount: number): string {
  return lineCount === 0 ? "" : `\u001b[${lineCount}A\u001b[0J`;
}

function renderBlock(run: RunDetail, note: string, { terminal, now }: { terminal: Terminal; now: number }): string[] {
  const { paint } = terminal;
  // One column less than there is: a full line would wrap on some terminals, and the count of lines be wrong.
  const width = terminal.columns() - 1;
  const room = Math.max(3, terminal.rows() - 5);
  const steps = run.steps.length <= room ? run.steps : liveliest(run, room - 1);
  const hidden = run.steps.length - steps.length;
  const waiting = renderWaiting(run, now);
  const age = duration(now - new Date(run.createdAt).getTime());
  return [
    `${paintStatus(paint, run.status)}  ${age}  ${paint("dim", cut(safeLine(run.goal), Math.max(8, width - statusWord(run.status).length - age.length - 4)))}`,
    ...renderStepTable(steps, { paint, width, now }),
    ...(hidden > 0 ? [paint("dim", cut(`  and ${hidden} more: ${summarizeSteps(run.steps)}`, width))] : []),
    ...(waiting === "" ? [] : [paint("yellow", cut(`  waits for ${waiting}`, width))]),
    ...(note === "" ? [] : [paint("yellow", cut(`  ${note}`, width))]),
  ];
}

/** What doesn't fit: show what failed or runs, and what comes next, in the plan's order. */
function liveliest(run: RunDetail, room: number): RunDetail["steps"] {
  const rank = (step: RunDetail["steps"][number]): number => {
    if (step.needsPerson || step.status === "failed") return 0;
    if (step.status === "running" || step.status === "verifying" || step.status === "waiting") return 1;
    return step.status === "pending" ? 2 : 3;
  };
  const chosen = new Set(run.steps.toSorted((a, b) => rank(a) - rank(b)).slice(0, room));
  return run.steps.filter((step) => chosen.has(step));
}
