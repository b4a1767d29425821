import { expect, test } from "vitest";
import { renderMarkdown } from "./markdown.ts";

test("headings, lists, tables, code and links become HTML", () => {
  const html = renderMarkdown(
    "# A `b`\n\nSome **text**, [a link](/docs)\nand more.\n\n- one\n  more\n- two\n\n| A | B |\n| --- | --- |\n| 1 | `2` |\n\n```sh\na\n\nb < c\n```",
  );
  expect(html.split("\n")).toEqual([
    '<h1 id="a-b">A <code>b</code></h1>',
    '<p>Some <strong>text</strong>, <a href="/docs">a link</a> and more.</p>',
    "<ul><li>one more</li><li>two</li></ul>",
    "<table><thead><tr><th>A</th><th>B</th></tr></thead><tbody><tr><td>1</td><td><code>2</code></td></tr></tbody></table>",
    "<pre>a",
    "",
    "b &lt; c</pre>",
  ]);
});

test("an endpoint's heading has GitHub's anchor, and breaks behind slashes where the screen is narrow", () => {
  expect(renderMarkdown("### GET /api/v1/runs/{run} `a/b`")).toBe(
    '<h3 id="get-apiv1runsrun-ab">GET /api/<wbr>v1/<wbr>runs/<wbr>{run} <code>a/<wbr>b</code></h3>',
  );
});

test("a page beside this one is linked by its address, one that only the repository has is named", () => {
  expect(renderMarkdown("See [that](not_found.md) and [the guide](../guide/operating.md).")).toBe(
    '<p>See <a href="not_found">that</a> and the guide (docs/guide/operating.md).</p>',
  );
});

test("text that looks like HTML or like a link to elsewhere stays text", () => {
  expect(renderMarkdown('<script>alert("x")</script>')).toBe(
    "<p>&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;</p>",
  );
  expect(renderMarkdown("[x](javascript:alert)")).toBe("<p>[x](javascript:alert)</p>");
  expect(renderMarkdown("[x](//elsewhere.example/y)")).toBe("<p>[x](//elsewhere.example/y)</p>");
});
