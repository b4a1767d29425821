import { expect, test } from "vitest";
import { count, flag, matching, moment, oneOf, readAddress, text, uuid } from "./address.ts";

const read = readAddress({
  tab: oneOf("steps", "log"),
  find: text(5),
  run: uuid,
  from: moment,
  line: count,
  full: flag,
  place: matching(/^[a-z]+$/),
});

test("what an address says is read part by part", () => {
  const said = {
    tab: "log",
    find: "words",
    run: "0192f0c1-2b3c-7d4e-8f50-61728394a5b6",
    from: "2026-01-02T03:04:05.678Z",
    line: 12,
    full: true,
    place: "dev",
  };
  expect(read(said)).toEqual(said);
  expect(read({ find: 12, line: "12" })).toEqual({ find: "12", line: 12 });
});

test.each([
  ["tab", "other"],
  ["find", "longer"],
  ["find", {}],
  ["run", "12"],
  ["from", "yesterday"],
  ["line", 0],
  ["line", "x"],
  ["line", 1.5],
  ["full", "yes"],
  ["place", ["dev"]],
])("%s = %j doesn't fit, and is there as undefined", (name, given) => {
  const search = read({ [name]: given });
  expect(search).toHaveProperty(name, undefined);
});
