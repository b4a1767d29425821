import type { Json } from "@gantry/sdk";
import type { QuestionView } from "@gantry/sdk/api";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { commandLine } from "../../ui/command-line.ts";
import { Twin } from "../../ui/command.tsx";
import { ErrorNotice } from "../../ui/notice.tsx";
import { draftOf, filledIn, formTexts, SchemaForm, type JsonSchema } from "../../ui/schema-form/index.ts";
import { useTexts } from "../../ui/texts.ts";
import { Ago, Time } from "../../ui/time.tsx";
import { useAnswer } from "./data.ts";
import { texts } from "./texts.ts";

/** What runs ask, each with a form for whoever may answer. */
export function QuestionList({ items }: { items: readonly QuestionView[] }) {
  return (
    <ul className="divide-line divide-y">
      {items.map((one) => (
        <li key={one.id} className="space-y-2 px-3 py-2.5">
          <Question of={one} />
        </li>
      ))}
    </ul>
  );
}

function Question({ of }: { of: QuestionView }) {
  const said = useTexts(texts);
  const mayRun = useMay("run");
  return (
    <>
      <p className="font-medium [overflow-wrap:anywhere] whitespace-pre-wrap">{of.text}</p>
      <p className="text-muted flex flex-wrap gap-x-3 gap-y-1 text-xs">
        <span>
          {said.asks(of.agent, of.step)} <Ago at={of.askedAt} />
        </span>
        <span>{of.environment}</span>
        <span>
          {said.until} <Time at={of.expiresAt} />
        </span>
        <Link to="/runs/$run" params={{ run: of.run }} className="text-accent underline">
          {said.run}
        </Link>
      </p>
      {of.mine && mayRun ? (
        <AnswerForm of={of} />
      ) : (
        <p className="text-muted text-xs">{of.group === null ? said.notYours : said.group(of.group)}</p>
      )}
    </>
  );
}

function AnswerForm({ of }: { of: QuestionView }) {
  const said = useTexts(texts);
  const { words } = useTexts(formTexts);
  const { mutate, isPending, error } = useAnswer(of);
  const schema = formOf(of.schema, said.answer);
  const [draft, setDraft] = useState(() => draftOf(schema, schema));
  const [tried, setTried] = useState(false);
  const { value, problems } = filledIn(schema, schema, draft, { words });
  const { answer } = value as { answer?: Json };
  const command = (given: string) => <Twin>{commandLine(["answer", of.id, given])}</Twin>;
  if (of.schema["type"] === "boolean")
    return (
      <div className="space-y-2">
        <div className="flex gap-2">
          <Button pending={isPending} onClick={() => mutate(true)}>
            {said.yes}
          </Button>
          <Button pending={isPending} onClick={() => mutate(false)}>
            {said.no}
          </Button>
        </div>
        <p className="text-muted text-xs">{said.read}</p>
        {error !== null && <ErrorNotice error={error} />}
        {command("yes")}
      </div>
    );
  return (
    <form
      noValidate
      className="max-w-xl space-y-2"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (answer !== undefined && Object.keys(problems).length === 0) mutate(answer);
      }}
    >
      <SchemaForm schema={schema} draft={draft} onChange={setDraft} problems={tried ? problems : {}} />
      <p className="text-muted text-xs">{said.read}</p>
      {error !== null && <ErrorNotice error={error} />}
      <div className="flex gap-2">
        <Button type="submit" kind="primary" pending={isPending}>
          {said.answer}
        </Button>
        {[of.schema["type"]].flat().includes("null") && (
          <Button pending={isPending} onClick={() => mutate(null)}>
            {said.decline}
          </Button>
        )}
      </div>
      {command(typeof answer === "string" ? answer : answer === undefined ? "…" : JSON.stringify(answer))}
    </form>
  );
}

/** Forms are of objects: the answer is the one field of this one. */
function formOf({ $defs, ...answer }: JsonSchema, title: string): JsonSchema {
  const properties = { answer: { title, ...answer } };
  return { type: "object", properties, required: ["answer"], ...($defs !== undefined && { $defs }) };
}
