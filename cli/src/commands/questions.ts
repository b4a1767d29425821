import type { Command } from "commander";
import type { Json, JsonObject } from "@gantry/sdk";
import type { QuestionView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import { safeLine } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { example } from "./options.ts";

/** `gantry questions` and `gantry answer`: what runs ask people. */
export function questionCommands(program: Command, act: Act): void {
  const questions = program.command("questions").description("What runs ask people in the middle of their work.");
  const list = questions.command("list").description("Questions that nobody has answered yet, the oldest first.");
  example(list, "gantry questions list", "gantry questions list --json");
  act(list, async (context) => {
    const { items } = await context.client().questions.list();
    printList(context, items, columns, "No run asks anything.");
  });

  const show = questions.command("show").argument("<question>", "id, or its beginning");
  example(show, "gantry questions show 0198c2f4");
  act(
    show.description("A question: what may be answered, by whom and until when."),
    async (context, { parameters }) => {
      const found = await find(context, parameters[0] ?? "");
      if (context.json) return context.terminal.json(found);
      context.terminal.data(safeLine(found.text));
      for (const line of about(found)) context.terminal.say(safeLine(line));
    },
  );

  const answer = program
    .command("answer")
    .argument("<question>", "id, or its beginning")
    .argument("[answer]", "text; for yes or no `yes` or `no`; otherwise JSON")
    .option("--decline", "give no answer, where the question allows that")
    .description("Answer a question of a run; the call that asked goes on with it.");
  example(
    answer,
    "gantry answer 0198c2f4 eu-central-1",
    "gantry answer 0198c2f4 yes",
    `gantry answer 0198c2f4 '{"project": "shop", "urgent": true}'`,
    "gantry answer 0198c2f4 --decline",
  );
  act<{ decline?: boolean }>(answer, async (context, { parameters: [id = "", text], options }) => {
    const found = await find(context, id);
    const value = options.decline === true ? declined(found, text) : valueOf(found, text);
    const answered = await context.client().questions.answer(found.id, value);
    if (context.json) return context.terminal.json(answered);
    const done = value === null ? "Declined" : "Answered";
    context.terminal.say(`${done}. Follow the run:  gantry runs watch ${answered.run}`);
  });
}

/** @throws {UsageError} when there is none, or more than one */
async function find(context: Context, reference: string): Promise<QuestionView> {
  if (/^[0-9a-f-]{36}$/.test(reference)) return context.client().questions.get(reference);
  const { items } = await context.client().questions.list();
  const found = items.filter(({ id }) => reference !== "" && id.startsWith(reference));
  const [one] = found;
  if (one !== undefined && found.length === 1) return one;
  const what = one === undefined ? "There is no open question" : "There are several questions";
  throw new UsageError(`${what} with the id ${JSON.stringify(reference)}.`, "gantry questions list");
}

const mayDecline = ({ schema: { type } }: QuestionView): boolean => Array.isArray(type) && type.includes("null");

/** @throws {UsageError} where the question must have an answer */
function declined(question: QuestionView, text: string | undefined): null {
  if (text !== undefined) throw new UsageError("An answer and --decline exclude each other.", "gantry answer --help");
  if (mayDecline(question)) return null;
  throw new UsageError(
    "This question can't be declined. It ends by itself when its time is over.",
    "gantry questions show …",
  );
}

/** What was typed, as the question wants it. @throws {UsageError} for what is no JSON */
function valueOf({ schema }: QuestionView, text: string | undefined): Json {
  if (text === undefined) throw new UsageError("The answer is missing.", "gantry questions show …");
  const { type } = schema;
  if (type === "string") return text;
  if (type === "boolean" && /^(yes|no)$/i.test(text)) return text.toLowerCase() === "yes";
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new UsageError(`The answer must be JSON that fits ${JSON.stringify(schema)}.`, "gantry questions show …");
  }
}

function about(one: QuestionView): string[] {
  const choices = Array.isArray(one.schema["enum"]) ? [`One of: ${one.schema["enum"].join(", ")}.`] : [];
  const who = one.group === null ? "whoever may run it" : `the group ${one.group}`;
  const state =
    one.state === "open"
      ? `For ${who}, until ${absolute(one.expiresAt)}. Answer:  gantry answer ${one.id} …`
      : one.state === "answered"
        ? `Answered by ${one.answeredBy?.name ?? "somebody"}: ${JSON.stringify(one.answer)}`
        : "Nobody answered in time.";
  const fields = Object.entries((one.schema["properties"] ?? {}) as Record<string, JsonObject>);
  const asker = one.agent === null ? "" : `${one.agent} in `;
  return [
    `Asked by ${asker}run ${one.run}, step ${one.step}, on ${one.project}/${one.environment}.`,
    ...choices,
    ...(fields.length > 0 ? ["The answer is JSON with these fields:"] : []),
    ...fields.map(([name, field]) => fieldLine(name, field, one.schema["required"])),
    ...(mayDecline(one) && one.state === "open" ? [`To give none:  gantry answer ${one.id} --decline`] : []),
    state,
  ];
}

function fieldLine(name: string, field: JsonObject, required: Json | undefined): string {
  const { type, title, description, default: fallback } = field;
  const { enum: values, oneOf } = (type === "array" ? field["items"] : field) as JsonObject;
  const choices = (values ?? (oneOf as { const: string }[] | undefined)?.map((one) => one.const)) as
    | string[]
    | undefined;
  const notes = [
    ...(Array.isArray(required) && required.includes(name) ? ["required"] : []),
    ...(choices === undefined ? [] : [`of ${choices.join(", ")}`]),
    ...(fallback === undefined ? [] : [`${JSON.stringify(fallback)} unless told`]),
  ];
  const words = [title, description].filter((one) => typeof one === "string").join(": ");
  return `- ${name} (${[typeof type === "string" ? type : JSON.stringify(type), ...notes].join(", ")})${words === "" ? "" : `: ${words}`}`;
}

const columns: Column<QuestionView>[] = [
  { title: "ID", text: ({ id }) => id },
  { title: "RUN", text: ({ run }) => run, give: 3 },
  { title: "FOR", text: ({ group }) => group ?? "operators", give: 2 },
  { title: "UNTIL", text: ({ expiresAt }) => absolute(expiresAt), give: 4 },
  { title: "QUESTION", text: ({ text }) => text, give: 1 },
];
