import { expect, test } from "vitest";
import { hidePersonal } from "./hide-personal.ts";

const hide = hidePersonal(["Ada Example", "Grace (on call)", "Al", "grace@example.com"]);

test("addresses, telephone numbers and the names of people are replaced, whatever stands around them", () => {
  expect(hide("Ask ADA EXAMPLE (ada.example+shop@mail.example.co.uk) or <Grace (on call)>, +49 (30) 123-4567.")).toBe(
    "Ask [person] ([e-mail]) or <[person]>, [telephone].",
  );
  expect(hide("mailto:zoë@exämple.de,grace@example.com")).toBe("mailto:[e-mail],[person]");
});

test("ordinary text stays: parts of words, short names, numbers, addresses of packages", () => {
  for (const text of ["Adamant Examples", "Also al", "1 + 23456789", "v1.2+3456789a", "npm i @scope/name", "a @ b.c"])
    expect(hide(text)).toBe(text);
});

test("a megabyte without a blank is read once", () => {
  const long = "a.".repeat(500_000);
  expect(hide(long)).toBe(long);
  expect(hide(`${long}@example.com`)).toBe("[e-mail]");
});
