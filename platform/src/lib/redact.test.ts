import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor, MINIMUM_SECRET_LENGTH, REDACTED, type Redactor } from "./redact.ts";

const secret = fc
  .string({ unit: "binary", minLength: MINIMUM_SECRET_LENGTH, maxLength: 40 })
  .filter((text) => text.isWellFormed());

/** Every way in which a tool may print a secret. */
const encodings: Record<string, (text: string) => string> = {
  raw: (text) => text,
  base64: (text) => Buffer.from(text).toString("base64"),
  base64url: (text) => Buffer.from(text).toString("base64url"),
  base64AfterOne: (text) => Buffer.from(`u${text}`).toString("base64"),
  base64AfterTwo: (text) => Buffer.from(`u:${text}`).toString("base64url"),
  base64InUrl: (text) => encodeURIComponent(Buffer.from(text).toString("base64")),
  hex: (text) => Buffer.from(text).toString("hex"),
  upperHex: (text) => Buffer.from(text).toString("hex").toUpperCase(),
  url: (text) => encodeURIComponent(text),
  form: (text) => new URLSearchParams({ v: text }).toString().slice(2),
  json: (text) => JSON.stringify(text).slice(1, -1),
  jsonInJson: (text) => JSON.stringify(JSON.stringify(text).slice(1, -1)).slice(1, -1),
  asciiJson: (text) =>
    text.replace(/./gsu, (c) =>
      c
        .split("")
        .map((u) => `\\u${u.charCodeAt(0).toString(16).padStart(4, "0")}`)
        .join(""),
    ),
};

function redactInChunks(redactor: Redactor, bytes: Uint8Array, cuts: number[], cut = false): Buffer {
  const stream = redactor.stream();
  const out: Uint8Array[] = [];
  let from = 0;
  for (const at of [...cuts.map((n) => n % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]) {
    // A copy that is overwritten afterwards, as a reused read buffer would be.
    const chunk = Buffer.from(bytes.subarray(from, at));
    out.push(Buffer.from(stream.push(chunk)));
    chunk.fill(0);
    from = at;
  }
  return Buffer.concat([...out, stream.end({ cut })]);
}

describe("redaction", () => {
  // All of them with one redactor: making it, not using it, is what takes time.
  test(`a secret is hidden wherever the chunks are cut, printed as ${Object.keys(encodings).join(", ")}`, () => {
    fc.assert(
      fc.property(
        secret,
        fc.string(),
        fc.string(),
        fc.array(fc.nat(), { maxLength: 6 }),
        (value, before, after, cuts) => {
          fc.pre(!REDACTED.includes(value) && !value.includes("[") && !value.includes("]"));
          const redactor = createRedactor([value]);
          const shown = Object.entries(encodings).filter(([, encode]) => {
            const output = redactInChunks(redactor, Buffer.from(`${before} ${encode(value)} ${after}`), cuts);
            const words = output.toString().split(/[^A-Za-z0-9+/_=-]+/);
            return !output.includes(REDACTED) || output.includes(value) || words.some((word) => decodesTo(word, value));
          });
          expect(shown.map(([name]) => name)).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("bytes that hold no secret come out as they went in, invalid UTF-8 and NUL included", () => {
    const absent = createRedactor(["a-secret-that-random-bytes-do-not-hold"]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat(), { maxLength: 6 }), (bytes, cuts) => {
        expect(redactInChunks(absent, bytes, cuts).equals(bytes)).toBe(true);
      }),
    );
  });

  test("nearly a secret is not a secret, even at the very end", () => {
    const redactor = createRedactor(["hunter2-correct"]);
    fc.assert(
      fc.property(fc.nat({ max: 14 }), fc.array(fc.nat(), { maxLength: 6 }), (length, cuts) => {
        const text = `x=${"hunter2-correct".slice(0, length)}`;
        expect(redactInChunks(redactor, Buffer.from(text), cuts).toString()).toBe(text);
      }),
    );
  });

  test("when the writer was cut off, the piece of a secret at the end is hidden as well", () => {
    const output = redactInChunks(
      createRedactor(["hunter2-correct"]),
      Buffer.from("password: hunter2-cor"),
      [14],
      true,
    );
    expect(output.toString()).toBe(`password: ${REDACTED}`);
  });

  test("chunking never changes the result", () => {
    const alphabet = fc.string({ unit: fc.constantFrom("a", "b", "\\", "%", "6", "1", "\n"), maxLength: 60 });
    const value = fc.string({ unit: fc.constantFrom("a", "b", "\\", "%"), minLength: 4, maxLength: 8 });
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 3 }),
        alphabet,
        fc.array(fc.nat(), { maxLength: 20 }),
        (values, text, cuts) => {
          const redactor = createRedactor(values);
          const whole = redactInChunks(redactor, Buffer.from(text), []);
          expect(redactInChunks(redactor, Buffer.from(text), cuts).toString()).toBe(whole.toString());
          for (const one of values) expect(whole.includes(one)).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("secrets that overlap in the output become one marker with no rest of either", () => {
    expect(createRedactor(["abcdXYZ", "XYZ123"]).redact("<abcdXYZ123>")).toBe(`<${REDACTED}>`);
  });

  test("base64 wrapped at 76 columns and hex with colons are found", () => {
    const long = "0123456789".repeat(12);
    const wrapped = Buffer.from(long).toString("base64").replace(/.{76}/g, "$&\r\n");
    expect(createRedactor([long]).redact(`a ${wrapped}\nb`)).toMatch(/^a \[redacted\].?\nb$/);
    expect(createRedactor(["secret"]).redact("73:65:63:72:65:74")).toBe(REDACTED);
  });

  test("each long line of a secret of several lines is hidden, the public frame of a PEM block is not", () => {
    const key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n";
    expect(createRedactor([key]).redact("  hkiG9w0BAQEFAASC\n-----BEGIN PRIVATE KEY-----")).toBe(
      `  ${REDACTED}\n-----BEGIN PRIVATE KEY-----`,
    );
    const inJson = JSON.stringify({ type: "service_account", key });
    expect(createRedactor([inJson]).redact("line MIIEvQIBADANBgkq")).toBe(`line ${REDACTED}`);
  });

  test("a secret full of backslashes takes no exponential time", () => {
    const value = `${"\\".repeat(16)}z`;
    expect(createRedactor([value]).redact("\\".repeat(400))).toBe("\\".repeat(400));
  });

  test("what is held back never grows with the output", () => {
    const stream = createRedactor(["aaaa"]).stream();
    let shown = 0;
    for (let round = 0; round < 1_000; round++) shown += stream.push(Buffer.from("aaaaaaaa")).length;
    expect(shown).toBe(REDACTED.length);
    expect(Buffer.from(stream.push(Buffer.from("b-"))).toString()).toBe("b-");
  });

  test("structured values are redacted in strings and keys at any depth", () => {
    const { redactValue } = createRedactor(["hunter2-correct"]);
    const when = new Date(0);
    expect(redactValue({ a: ["x hunter2-correct"], "hunter2-correct": { n: 1, none: null, when } })).toEqual({
      a: [`x ${REDACTED}`],
      [REDACTED]: { n: 1, none: null, when },
    });
    expect(redactValue(JSON.parse('{"__proto__":{"a":1}}'))).toEqual(JSON.parse('{"__proto__":{"a":1}}'));
  });

  test("bytes of any kind lose a secret and keep the rest", () => {
    const redactor = createRedactor(["hunter2-correct"]);
    const bytes = Buffer.concat([Buffer.of(0, 255, 254), Buffer.from("hunter2-correct"), Buffer.of(0, 128)]);
    const expected = Buffer.concat([Buffer.of(0, 255, 254), Buffer.from(REDACTED), Buffer.of(0, 128)]);
    expect(Buffer.from(redactor.redactBytes(bytes)).equals(expected)).toBe(true);
    expect(redactor.redactBytes(Buffer.of(1, 2, 255))).toEqual(Buffer.of(1, 2, 255));
  });

  test("text with lone surrogates keeps them and loses the secret", () => {
    expect(createRedactor(["hunter2-correct"]).redact("\ud800hunter2-correct\udc00")).toBe(`\ud800${REDACTED}\udc00`);
  });

  test("a secret of three bytes is refused", () => {
    expect(() => createRedactor(["abc"])).toThrow(/fewer than 4 bytes/);
  });
});

function decodesTo(word: string, value: string): boolean {
  return (["base64", "hex"] as const).some((encoding) =>
    [0, 1, 2, 3].some((skip) => Buffer.from(word.slice(skip), encoding).includes(value)),
  );
}
