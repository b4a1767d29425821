import type { Notice } from "@gantry/sdk/api";
import { needsPerson } from "../kinds.ts";
import { plainLine } from "../plain-text.ts";
import type { Message } from "./channel.ts";

/** Slack's limits: blocks per message, characters per text and per field, fields per section. */
export const slackLimits = { blocks: 50, text: 3_000, field: 2_000, fields: 10 };

export interface SlackMessage {
  /** What notifications and screen readers say. */
  text: string;
  blocks: object[];
}

/**
 * A run in Block Kit: what is the case now, facts, what happened before, and a link to look. There is no button that
 * decides. Everything that others wrote is escaped, and never parsed for mentions, channels or addresses.
 */
export function slackMessage({ notices, told, link }: Pick<Message, "notices" | "told" | "link">): SlackMessage {
  const all = [...told, ...notices];
  const now = leading(notices);
  const earlier = all.filter((one) => one !== now);
  const facts = now.facts.slice(0, slackLimits.fields);
  const blocks = [
    section(`*${escapeSlack(now.sentence)}*`),
    ...(facts.length === 0
      ? []
      : [
          {
            type: "section",
            fields: facts.map(({ label, value }) => text(`*${label}*\n${escapeSlack(value)}`, slackLimits.field)),
          },
        ]),
    ...(now.action === null ? [] : [section(`\`${escapeSlack(now.action).replaceAll("`", "'")}\``)]),
    ...(earlier.length === 0 ? [] : [context(earlier.map(line).join("\n"))]),
    ...(link === null ? [] : [context(`<${link}|Look at it> · ${placeOf(now)}`)]),
  ];
  return { text: cut(escapeSlack(now.sentence), slackLimits.text), blocks: blocks.slice(0, slackLimits.blocks) };
}

/** Of several at once: what needs somebody, else what came last. */
export function leading(notices: readonly [Notice, ...Notice[]]): Notice {
  const last = notices.at(-1) ?? notices[0];
  // What ended afterwards needs nobody any more.
  if (last.event?.type === "run.finished") return last;
  return notices.findLast(({ kind }) => needsPerson(kind)) ?? last;
}

/** The three characters that Slack's markup begins with; without them there is no mention, link or entity. */
export function escapeSlack(given: string): string {
  return given.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function line(notice: Notice): string {
  const at = `${new Date(notice.at).toISOString().slice(11, 16)} UTC`;
  return `${at} ${cut(escapeSlack(notice.sentence), 250)}`;
}

function placeOf({ run }: Notice): string {
  return run === null ? "" : escapeSlack(plainLine(`${run.project}/${run.environment}`, 150));
}

function section(markup: string): object {
  return { type: "section", text: text(markup, slackLimits.text) };
}

function context(markup: string): object {
  return { type: "context", elements: [text(markup, slackLimits.text)] };
}

/** `verbatim`: Slack turns no address or channel name in it into a link. */
function text(markup: string, maximum: number): object {
  return { type: "mrkdwn", text: cut(markup, maximum), verbatim: true };
}

/** Not in the middle of an escape. */
function cut(markup: string, maximum: number): string {
  if (markup.length <= maximum) return markup;
  return `${markup.slice(0, maximum - 1).replace(/&[a-z]{0,3}$|[\ud800-\udbff]$/, "")}…`;
}
