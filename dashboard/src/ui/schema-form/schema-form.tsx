import { createContext, use, type ReactNode } from "react";
import { Button } from "../button.tsx";
import { CheckField, SelectField, TextArea, TextField } from "../field.tsx";
import { useTexts } from "../texts.ts";
import { Notice } from "../notice.tsx";
import { draftOf, type Draft, type Problems } from "./draft.ts";
import { labelOf, resolve, shapeOf, type JsonSchema, type Shape } from "./schema.ts";
import { homeless, problemAt } from "./server-problems.ts";
import { texts } from "./texts.ts";

interface Around {
  root: JsonSchema;
  problems: Problems;
  /** Names of the secrets that can be referred to. */
  secrets: readonly string[];
  /** Values to choose from, by path, for texts that may still be anything. */
  suggestions: Readonly<Record<string, readonly string[]>>;
}

const FormContext = createContext<Around | null>(null);

function useForm(): Around {
  const around = use(FormContext);
  if (around === null) throw new Error("A field stands outside of its form.");
  return around;
}

/** The fields of an object's JSON Schema. What is typed stays with whoever renders it, as a draft. */
export function SchemaForm({
  schema,
  draft,
  onChange,
  problems = {},
  secrets = [],
  suggestions = {},
}: {
  schema: JsonSchema;
  draft: Draft;
  onChange(draft: Draft): void;
  problems?: Problems;
  secrets?: readonly string[];
  suggestions?: Readonly<Record<string, readonly string[]>>;
}) {
  const around = { root: schema, problems, secrets, suggestions };
  const rest = homeless(problems, Object.keys(resolve(schema, schema).properties ?? {}));
  return (
    <FormContext value={around}>
      <div className="space-y-4">
        {rest.length > 0 && <Notice tone="bad">{rest.join(" ")}</Notice>}
        <Fields schema={resolve(schema, schema)} path="" draft={draft} onChange={onChange} />
      </div>
    </FormContext>
  );
}

interface Part {
  schema: JsonSchema;
  path: string;
  draft: Draft;
  onChange(draft: Draft): void;
}

function Fields({ schema, path, draft, onChange }: Part) {
  const { root } = useForm();
  const shape = shapeOf(schema, root);
  if (shape.kind !== "object") return null;
  const fields = draft.kind === "object" ? draft.fields : {};
  return shape.fields
    .filter(([, one]) => resolve(one, root).const === undefined)
    .map(([name, one, required]) => (
      <FieldOf
        key={name}
        name={name}
        schema={one}
        required={required}
        path={path === "" ? name : `${path}.${name}`}
        draft={fields[name] ?? draftOf(one, root)}
        onChange={(next) => onChange({ kind: "object", fields: { ...fields, [name]: next } })}
      />
    ));
}

function FieldOf({ name, schema: given, required, path, draft, onChange }: Part & { name: string; required: boolean }) {
  const { root, problems } = useForm();
  const said = useTexts(texts);
  const schema = resolve(given, root);
  const shape = shapeOf(schema, root);
  const optional = !required || schema.default !== undefined;
  const plain = labelOf(name, schema);
  const label = optional ? `${plain} (${said.optional})` : plain;
  const part = { schema, path, draft, onChange };
  switch (shape.kind) {
    case "object":
      return (
        <Group label={label} hint={schema.description} error={problemAt(problems, path)}>
          <Fields {...part} />
        </Group>
      );
    case "choice":
      return (
        <Group label={label} hint={schema.description} error={problemAt(problems, path)}>
          <Choice {...part} options={shape.options} />
        </Group>
      );
    case "list":
      return (
        <Group label={label} hint={schema.description} error={problemAt(problems, path)}>
          <List {...part} label={plain} of={shape.of} />
        </Group>
      );
    case "record":
      return (
        <Group label={label} hint={schema.description} error={problemAt(problems, path)}>
          <Entries {...part} label={plain} of={shape.of} />
        </Group>
      );
    default:
      return <Leaf {...part} shape={shape} label={label} optional={optional} />;
  }
}

/** Fields that belong together, with a line beside them. */
function Group({
  label,
  hint,
  error,
  children,
}: {
  label: string;
  hint: string | undefined;
  error: string | null;
  children: ReactNode;
}) {
  return (
    <fieldset className="border-line min-w-0 border-l-2 pl-3">
      <legend className="text-sm font-medium">{label}</legend>
      {hint !== undefined && <p className="text-muted mb-2 text-xs">{hint}</p>}
      {error !== null && (
        <p role="alert" className="text-bad mb-2 text-xs">
          {error}
        </p>
      )}
      <div className="space-y-3">{children}</div>
    </fieldset>
  );
}

type LeafShape = Exclude<Shape, { kind: "object" | "choice" | "list" | "record" }>;

/** A field by itself. */
function Leaf({
  schema,
  path,
  draft,
  onChange,
  shape,
  label,
  optional,
}: Part & { shape: LeafShape; label: string; optional: boolean }) {
  const { problems, secrets, suggestions } = useForm();
  const said = useTexts(texts);
  const text = draft.kind === "text" ? draft.text : "";
  const type = (next: string): void => onChange({ kind: "text", text: next });
  const hint = hintOf(schema, shape, said);
  const around = { label, ...(hint === "" ? {} : { hint }), error: problemAt(problems, path, shape.kind === "json") };
  switch (shape.kind) {
    case "boolean":
      return (
        <div>
          <CheckField
            label={label}
            {...(hint === "" ? {} : { hint })}
            checked={draft.kind === "flag" && draft.on === true}
            onChange={(event) => onChange({ kind: "flag", on: event.target.checked })}
          />
          {around.error !== null && <p className="text-bad mt-1 text-xs">{around.error}</p>}
        </div>
      );
    case "pick": {
      const options = shape.values.map((value, index) => ({
        value: JSON.stringify(value),
        label: shape.labels?.[index] ?? String(value),
      }));
      const empty = { value: "", label: optional ? said.none : said.choose };
      return (
        <SelectField
          {...around}
          value={text}
          onChange={(event) => type(event.target.value)}
          options={[empty, ...options]}
        />
      );
    }
    case "secret": {
      if (secrets.length === 0)
        return (
          <TextField
            {...around}
            hint={`${hint} ${said.noSecrets}`.trim()}
            value={text}
            onChange={(event) => type(event.target.value)}
          />
        );
      const names = text === "" || secrets.includes(text) ? secrets : [text, ...secrets];
      const options = names.map((name) => ({ value: name, label: name }));
      const empty = { value: "", label: optional ? said.none : said.choose };
      return (
        <SelectField
          {...around}
          value={text}
          onChange={(event) => type(event.target.value)}
          options={[empty, ...options]}
        />
      );
    }
    case "json":
      return (
        <TextArea
          {...around}
          className="font-mono"
          spellCheck={false}
          value={text}
          onChange={(event) => type(event.target.value)}
        />
      );
    case "text": {
      if (shape.long)
        return (
          <TextArea
            {...around}
            className="font-mono"
            spellCheck={false}
            rows={6}
            value={text}
            onChange={(event) => type(event.target.value)}
          />
        );
      const suggested = suggestions[path] ?? [];
      return (
        <>
          <TextField
            {...around}
            value={text}
            {...(suggested.length === 0 ? {} : { list: `suggested-${path}` })}
            onChange={(event) => type(event.target.value)}
          />
          {suggested.length > 0 && (
            <datalist id={`suggested-${path}`}>
              {suggested.map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </datalist>
          )}
        </>
      );
    }
    case "number":
      return (
        <TextField
          {...around}
          inputMode={shape.whole ? "numeric" : "decimal"}
          value={text}
          onChange={(event) => type(event.target.value)}
        />
      );
    default:
      return shape satisfies never;
  }
}

function hintOf(schema: JsonSchema, shape: LeafShape, said: (typeof texts)["en"]): string {
  const parts = [
    schema.description === undefined
      ? ""
      : /[.?!]$/.test(schema.description)
        ? schema.description
        : `${schema.description}.`,
    shape.kind === "json" ? said.json : "",
    shape.kind === "secret" ? said.secret : "",
    said.format[schema.format ?? ""] ?? "",
    schema.default === undefined || schema.default === "" || shape.kind === "boolean"
      ? ""
      : said.unlessTold(typeof schema.default === "string" ? schema.default : JSON.stringify(schema.default)),
  ];
  return parts.filter((part) => part !== "").join(" ");
}

function List({ draft, onChange, path, label, of }: Part & { label: string; of: JsonSchema }) {
  const { root } = useForm();
  const said = useTexts(texts);
  const items = draft.kind === "list" ? draft.items : [];
  const put = (next: Draft[]): void => onChange({ kind: "list", items: next });
  return (
    <>
      {items.map((item, index) => (
        // Their order is all that tells them apart.
        <div key={index} className="flex items-start gap-2">
          <div className="min-w-0 flex-1">
            <FieldOf
              name=""
              schema={{ ...resolve(of, root), title: said.entry(label, index + 1) }}
              required
              path={`${path}.${index}`}
              draft={item}
              onChange={(next) => put(items.with(index, next))}
            />
          </div>
          <RemoveButton what={said.entry(label, index + 1)} onRemove={() => put(items.toSpliced(index, 1))} />
        </div>
      ))}
      <Button small onClick={() => put([...items, draftOf(of, root)])}>
        {said.add(label)}
      </Button>
    </>
  );
}

function Entries({ draft, onChange, path, label, of }: Part & { label: string; of: JsonSchema }) {
  const { root } = useForm();
  const said = useTexts(texts);
  const pairs = draft.kind === "record" ? draft.pairs : [];
  const put = (next: { name: string; value: Draft }[]): void => onChange({ kind: "record", pairs: next });
  return (
    <>
      {pairs.map(({ name, value }, index) => (
        // Names change while they are typed.
        <div key={index} className="flex items-start gap-2">
          <div className="grid min-w-0 flex-1 gap-2 sm:grid-cols-[minmax(0,1fr)_minmax(0,2fr)]">
            <TextField
              label={said.entryName(label, index + 1)}
              value={name}
              onChange={(event) => put(pairs.with(index, { name: event.target.value, value }))}
            />
            <FieldOf
              name=""
              schema={{ ...resolve(of, root), title: said.entryValue(label, index + 1) }}
              required
              path={`${path}.${name}`}
              draft={value}
              onChange={(next) => put(pairs.with(index, { name, value: next }))}
            />
          </div>
          <RemoveButton
            what={name === "" ? said.entry(label, index + 1) : name}
            onRemove={() => put(pairs.toSpliced(index, 1))}
          />
        </div>
      ))}
      <Button small onClick={() => put([...pairs, { name: "", value: draftOf(of, root) }])}>
        {said.add(label)}
      </Button>
    </>
  );
}

function RemoveButton({ what, onRemove }: { what: string; onRemove(): void }) {
  const said = useTexts(texts);
  return (
    <Button kind="quiet" small className="mt-6" aria-label={said.remove(what)} onClick={onRemove}>
      ×
    </Button>
  );
}

/** Which kind it is, then its fields. Those of the others are kept, should somebody come back to them. */
function Choice({ draft, onChange, path, options }: Part & { options: readonly JsonSchema[] }) {
  const { root } = useForm();
  const said = useTexts(texts);
  const { picked, drafts }: { picked: number; drafts: Record<string, Draft> } =
    draft.kind === "choice" ? draft : { picked: 0, drafts: {} };
  const option = options[picked];
  return (
    <>
      <SelectField
        label={said.kind}
        value={String(picked)}
        onChange={(event) => onChange({ kind: "choice", picked: Number(event.target.value), drafts })}
        options={options.map((one, index) => ({ value: String(index), label: nameOf(one, said.option(index + 1)) }))}
      />
      {option !== undefined && (
        <Fields
          schema={option}
          path={path}
          draft={drafts[picked] ?? draftOf(option, root)}
          onChange={(next) => onChange({ kind: "choice", picked, drafts: { ...drafts, [picked]: next } })}
        />
      )}
    </>
  );
}

/** Of an object among others: by its title, by what only it can hold, or by its required fields. */
function nameOf({ title, properties = {}, required = [] }: JsonSchema, otherwise: string): string {
  if (title !== undefined) return title;
  const fixed = Object.values(properties).find((one) => one.const !== undefined)?.const;
  if (typeof fixed === "string") return labelOf(fixed, {});
  const names = required.map((name) => labelOf(name, properties[name] ?? {}));
  return names.length === 0 ? otherwise : names.join(", ");
}
