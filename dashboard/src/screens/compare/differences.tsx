import type { Json } from "@gantry/sdk";
import type { Difference } from "@gantry/sdk/api";
import { useTexts } from "../../ui/texts.ts";
import { SmallTable } from "./table.tsx";
import { texts } from "./texts.ts";

/** Values side by side; what is secret is replaced by the server already. */
export function Differences({ label, list }: { label: string; list: readonly Difference[] }) {
  const said = useTexts(texts);
  if (list.length === 0) return <p className="text-muted px-3 py-2 text-sm">{said.none}</p>;
  return (
    <SmallTable fixed label={label} head={[said.what, said.first, said.second]}>
      {list.map((one, index) => (
        <tr key={`${one.path} ${index}`}>
          <th scope="row" className="px-3 py-1.5 text-left font-mono text-xs font-normal [overflow-wrap:anywhere]">
            {one.path}
          </th>
          <Value value={one.a} absent={said.nothing} />
          <Value value={one.b} absent={said.nothing} />
        </tr>
      ))}
    </SmallTable>
  );
}

function Value({ value, absent }: { value: Json | undefined; absent: string }) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 1);
  return (
    <td className="px-3 py-1.5 font-mono text-xs whitespace-pre-wrap [overflow-wrap:anywhere]">
      {value === undefined ? <span className="text-muted">{absent}</span> : text}
    </td>
  );
}
