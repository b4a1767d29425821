/**
 * The little of Markdown that our own pages use: headings, paragraphs, lists, tables, fenced code, code, bold and links.
 * Everything is escaped, so whatever stands in the text stays text.
 */
export function renderMarkdown(text: string): string {
  return blocksOf(text.replaceAll("\r\n", "\n"))
    .map((block) => renderBlock(block.trim()))
    .join("\n");
}

/** What empty lines part, but not those inside of fences. */
function blocksOf(text: string): string[] {
  const blocks: string[] = [];
  let block = "";
  for (const part of text.split(/(\n{2,})/)) {
    const inFence = block.split("```").length % 2 === 0;
    if (/^\n+$/.test(part) && !inFence) {
      blocks.push(block);
      block = "";
    } else block += part;
  }
  return [...blocks, block];
}

export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function renderBlock(block: string): string {
  const lines = block.split("\n");
  const heading = /^(#{1,4}) (.*)$/.exec(block);
  if (heading !== null && lines.length === 1) return renderHeading(heading[1]?.length ?? 1, heading[2] ?? "");
  if (block.startsWith("```")) return `<pre>${escape(lines.slice(1, -1).join("\n"))}</pre>`;
  if (block.startsWith("- ") && lines.every((line) => /^(?:- | {2})/.test(line))) {
    const items = block.slice(2).split("\n- ");
    return `<ul>${items.map((item) => `<li>${inline(item.replaceAll(/\n +/g, " "))}</li>`).join("")}</ul>`;
  }
  if (lines.every((line) => line.startsWith("|"))) return renderTable(lines);
  return block === "" ? "" : `<p>${inline(lines.join(" "))}</p>`;
}

/** With the anchor that GitHub gives it. Addresses in it may be broken behind a slash, but not the tags. */
function renderHeading(level: number, text: string): string {
  const anchor = text
    .toLowerCase()
    .replaceAll(/[^\w -]/g, "")
    .replaceAll(" ", "-");
  const content = inline(text).replaceAll(/(?<=[\w}])\/(?![^<]*>)(?=[\w{])/g, "/<wbr>");
  return `<h${level} id="${anchor}">${content}</h${level}>`;
}

function renderTable([head = "", , ...rows]: string[]): string {
  const cells = (line: string, tag: "td" | "th") =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => `<${tag}>${inline(cell.trim())}</${tag}>`)
      .join("");
  const body = rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("");
  return `<table><thead><tr>${cells(head, "th")}</tr></thead><tbody>${body}</tbody></table>`;
}

function inline(text: string): string {
  return text
    .split(/(`[^`]+`)/)
    .map((part) =>
      part.startsWith("`") && part.length > 1
        ? `<code>${escape(part.slice(1, -1))}</code>`
        : escape(part)
            .replaceAll(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>")
            .replaceAll(/\[([^\]]+)\]\((\/(?!\/)[^)\s]*|#[^)\s]*|[\w-]+(?=\.md))(?:\.md)?\)/g, '<a href="$2">$1</a>')
            // Pages that only the repository has.
            .replaceAll(/\[([^\]]+)\]\(\.\.\/([\w/-]+\.md)\)/g, "$1 (docs/$2)"),
    )
    .join("");
}
