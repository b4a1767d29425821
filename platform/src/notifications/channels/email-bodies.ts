import type { Notice } from "@gantry/sdk/api";
import type { Message } from "./channel.ts";

/** The text part says everything; the HTML part says the same with headings, for screen readers and dark screens alike. */
export function emailBodies({ notices, told, link }: Pick<Message, "notices" | "told" | "link">): {
  text: string;
  html: string;
} {
  const last = notices.at(-1) ?? notices[0];
  const earlier = [...told, ...notices.slice(0, -1)];
  return { text: textOf(last, earlier, link), html: htmlOf(last, earlier, link) };
}

const footer = "Nothing is decided by opening a link or by answering this message.";

function textOf(now: Notice, earlier: readonly Notice[], link: string | null): string {
  const parts = [
    now.sentence,
    now.facts.map(({ label, value }) => `${label}: ${value}`).join("\n"),
    now.action === null ? "" : `What to do:\n  ${now.action}`,
    link === null ? "" : `Look at it:\n  ${link}`,
    earlier.length === 0 ? "" : `Before:\n${earlier.map((one) => `- ${utc(one.at)} ${one.sentence}`).join("\n")}`,
    `-- \n${footer}`,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function htmlOf(now: Notice, earlier: readonly Notice[], link: string | null): string {
  const facts = now.facts
    .map(({ label, value }) => `<dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)}</dd>`)
    .join("");
  const before = earlier.map((one) => `<li>${utc(one.at)} ${escapeHtml(one.sentence)}</li>`).join("");
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">',
    `<title>${escapeHtml(now.sentence)}</title></head><body>`,
    `<h1 style="font-size:1.25em">${escapeHtml(now.sentence)}</h1>`,
    facts === "" ? "" : `<dl>${facts}</dl>`,
    now.action === null ? "" : `<h2 style="font-size:1em">What to do</h2><pre>${escapeHtml(now.action)}</pre>`,
    link === null ? "" : `<p><a href="${escapeHtml(link)}">Look at it</a></p>`,
    before === "" ? "" : `<h2 style="font-size:1em">Before</h2><ul>${before}</ul>`,
    `<p><small>${footer}</small></p></body></html>`,
  ].join("");
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
