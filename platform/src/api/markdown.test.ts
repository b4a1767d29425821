import { expect, test } from "vitest";
import { renderMarkdown } from "./markdown.ts";

test("headings, lists, tables, code and links become HTML", () => {
  const html = renderMarkdown(
    "# A `b`\n\nSome **text**, [a link](/docs)\nand more.\n\n- one\n- two\n\n| A | B |\n| --- | --- |\n| 1 | `2` |\n\n```sh\na\n\nb < c\n```",
  );
  expect(html.split("\n")).toEqual([
    "<h1>A <code>b</code></h1>",
    '<p>Some <strong>text</strong>, <a href="/docs">a link</a> and more.</p>',
    "<ul><li>one</li><li>two</li></ul>",
    "<table><thead><tr><th>A</th><th>B</th></tr></thead><tbody><tr><td>1</td><td><code>2</code></td></tr></tbody></table>",
    "<pre>a",
    "",
    "b &lt; c</pre>",
  ]);
});

test("text that looks like HTML or like a link to elsewhere stays text", () => {
  expect(renderMarkdown('<script>alert("x")</script>')).toBe(
    "<p>&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;</p>",
  );
  expect(renderMarkdown("[x](javascript:alert)")).toBe("<p>[x](javascript:alert)</p>");
});
