import type { ReactNode } from "react";
import { Button } from "../../../ui/button.tsx";
import { Twin } from "../../../ui/command.tsx";
import { EmptyState } from "../../../ui/empty-state.tsx";
import { TextField } from "../../../ui/field.tsx";
import { Page, Panel } from "../../../ui/page.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { useTyped } from "../../../ui/use-typed.ts";
import { useAddress } from "./address.ts";
import { Rows, type RowColumn } from "./rows.tsx";

/** So many are seen at once. */
const fewRows = 8;

/**
 * Most of the settings: a list that can be searched, a button that opens a form, and a panel beside it. What is searched for is part
 * of the address. `command` lists the same.
 */
export function ListSection<Row>({
  title,
  lead,
  add,
  filter,
  label,
  rows,
  idOf,
  nameOf,
  searched,
  columns,
  empty,
  command,
  children,
}: {
  title: string;
  lead: string;
  /** Absent for who may not. */
  add?: { label: string; onPress(): void } | false;
  /** Beside the search. */
  filter?: ReactNode;
  /** Of the list and its first column. */
  label: string;
  rows: readonly Row[];
  idOf(row: Row): string;
  nameOf(row: Row): ReactNode;
  /** The words of a row that a search looks at. */
  searched(row: Row): string;
  columns: readonly RowColumn<Row>[];
  empty: { title: string; text?: string; command?: string };
  command: string;
  /** The panel that is open, and dialogs. */
  children?: ReactNode;
}) {
  const said = useTexts(texts);
  const [{ q = "" }, say] = useAddress();
  const finder = useTyped(q, (text) => say({ q: text || undefined }, { replace: true }));
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const searchable = rows.length > fewRows || q !== "";
  const found = rows.filter((row) => words.every((word) => searched(row).toLowerCase().includes(word)));
  return (
    <Page
      title={title}
      lead={lead}
      actions={
        add !== undefined &&
        add !== false && (
          <Button kind="primary" onClick={add.onPress}>
            {add.label}
          </Button>
        )
      }
    >
      <div className="space-y-4">
        {(searchable || Boolean(filter)) && (
          <div className="grid gap-3 sm:grid-cols-2">
            {searchable && (
              <TextField
                label={said.search}
                type="search"
                value={finder.text}
                onChange={({ target }) => finder.change(target.value)}
              />
            )}
            {filter}
          </div>
        )}
        <Panel flush>
          {found.length > 0 ? (
            <Rows
              label={label}
              rows={found}
              idOf={idOf}
              nameOf={nameOf}
              columns={columns}
              onOpen={(row) => say({ show: idOf(row) })}
            />
          ) : rows.length > 0 ? (
            <EmptyState title={said.nothingFound} />
          ) : (
            <EmptyState title={empty.title} {...(empty.command === undefined ? {} : { command: empty.command })}>
              {empty.text}
            </EmptyState>
          )}
        </Panel>
        <Twin>{command}</Twin>
      </div>
      {children}
    </Page>
  );
}

const texts = {
  en: { search: "Search", nothingFound: "Nothing has these words." },
};
