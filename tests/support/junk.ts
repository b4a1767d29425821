import fc from "fast-check";

/** Texts that broke somebody's parser, comparison, statement, path, page or regular expression. */
export const nastyTexts: readonly string[] = [
  "",
  " ",
  "\0",
  "a\0b",
  "\ud800",
  "a\udfffb",
  "\u202egnp.exe",
  "\ufeff",
  "\u{1F468}\u200d\u{1F469}\u200d\u{1F467}",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "__defineGetter__",
  "null",
  "undefined",
  "' OR 1=1 --",
  "'; SELECT pg_sleep(10); --",
  "\\",
  "$1",
  "%s%s%n",
  "${7*7}",
  "{{7*7}}",
  "<script>x</script>",
  "../../../etc/passwd",
  "..%2f..%2fetc",
  "/dev/zero",
  "C:\\x",
  "%00",
  "%c0%ae",
  "%",
  "%zz",
  "file:///etc/passwd",
  "a\r\nx-injected: 1",
  "\u001b]8;;x\u0007",
  "\u2028",
  "http://169.254.169.254/",
  "http://[::ffff:127.0.0.1]/",
  "NaN",
  "-0",
  "1e999",
  "0x10",
  "９",
  "-1",
  "9007199254740993",
  "18446744073709551616",
  "1".repeat(400),
  "true",
  "9999-12-31T23:59:59Z",
  "0000-01-01T00:00:00Z",
  "2030-02-30T00:00:00Z",
  "294277-01-01T00:00:00Z",
  "2030-01-01",
  "00000000-0000-0000-0000-000000000000",
  "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
  "{00000000-0000-4000-8000-000000000000}",
  "* * * * *",
  "0 0 31 2 *",
  "*/0 * * * *",
  "@reboot",
  "Mars/Phobos",
  `sha256:${"g".repeat(64)}`,
  `sha256:${"0".repeat(64)}`,
  `${"a".repeat(50_000)}!`,
  `${"a-".repeat(20_000)}`,
  `${" ".repeat(30_000)}x`,
  `${"(".repeat(5_000)}`,
  `${"a.".repeat(10_000)}@`,
  `a: &a [x]\n${"b: [*a, *a]\n".repeat(50)}`,
  "a: !!js/function 'x'",
  "- ".repeat(5_000),
  "{".repeat(2_000),
  "? ".repeat(500),
  "test.look",
  "1.0.0",
  "99999999999999999999.0.0",
  "^1.0.0 || *",
  "name: x\nversion: 1.0.0\nsteps: [{id: a, tool: x}]",
];

const numbers = [0, -0, -1, 1.5, 2 ** 31, 2 ** 53, 2 ** 63, 1e308, -1e308, 5e-324, 86_400_000 * 1e6];

/** Text as an attacker would choose it, or as nobody would. */
export const junkText: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...nastyTexts) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 300 }) },
);

/** Any value of JSON, also such as JSON.parse gives and no literal does. */
export const junkValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: junkText },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(...numbers, null, true, false, [], {}, [[]], [null], { a: null }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(90, 101, 1_000).map(nested) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom("__proto__", "constructor", "prototype"), fc.jsonValue()).map(polluting),
  },
);

function nested(depth: number): unknown {
  let value: unknown = "deep";
  for (let count = 0; count < depth; count += 1) value = count % 2 === 0 ? [value] : { a: value };
  return value;
}

/** As its own field, which an object literal wouldn't make. */
function polluting([name, value]: [string, unknown]): unknown {
  return JSON.parse(`{${JSON.stringify(name)}: ${JSON.stringify({ isAdmin: true, value })}}`) as unknown;
}

/** The value with one of its parts, or all of it, being something else. */
export function withJunk(value: unknown, which: number, junk: unknown): unknown {
  const size = sizeOf(value);
  return replaced(value, which % size, junk);
}

function sizeOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return 1 + Object.values(value).reduce((sum: number, one) => sum + sizeOf(one), 0);
}

function replaced(value: unknown, index: number, junk: unknown): unknown {
  if (index === 0 || typeof value !== "object" || value === null) return junk;
  let left = index - 1;
  const entries = Object.entries(value).map(([name, one]): [string, unknown] => {
    const size = sizeOf(one);
    const here = left >= 0 && left < size;
    const result = here ? replaced(one, left, junk) : one;
    left -= size;
    return [name, result];
  });
  return Array.isArray(value) ? entries.map(([, one]) => one) : Object.fromEntries(entries);
}
