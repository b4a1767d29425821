import { expect, test } from "vitest";
import { createScreen } from "./screen.ts";

function start(size: { columns: number; rows: number }) {
  const written: string[] = [];
  const screen = createScreen({
    write: (text) => written.push(text),
    columns: () => size.columns,
    rows: () => size.rows,
  });
  return { screen, written };
}

test("a frame is one write over the one before, and the cursor comes back at the end", () => {
  const { screen, written } = start({ columns: 20, rows: 10 });
  screen.draw(["one", "two"]);
  screen.draw(["three"]);
  screen.end();
  expect(written).toEqual([
    "\u001b[?2026h\u001b[?25lone\u001b[K\ntwo\u001b[K\n\u001b[J\u001b[?2026l",
    "\u001b[?2026h\u001b[2A\rthree\u001b[K\n\u001b[J\u001b[?2026l",
    "\u001b[?25h",
  ]);
});

test("a line that the terminal wraps counts for the rows that it takes, colour and wide letters considered", () => {
  const { screen, written } = start({ columns: 4, rows: 10 });
  screen.draw(["\u001b[32mabcdef\u001b[39m", "漢字漢"]);
  screen.draw(["x"]);
  expect(written[1]).toContain("\u001b[4A\r");
  screen.end();
});

test("what is higher than the terminal is cut and says so", () => {
  const { screen, written } = start({ columns: 60, rows: 5 });
  screen.draw(["a", "b", "c", "d", "e", "f"]);
  expect(written[0]).toContain("a\u001b[K\nb\u001b[K\nc\u001b[K\n… and 3 lines more than fit here\u001b[K\n\u001b[J");
  screen.end();
});

test("a screen on which nothing was drawn changes nothing", () => {
  const { screen, written } = start({ columns: 60, rows: 5 });
  screen.end();
  expect(written).toEqual([]);
});
