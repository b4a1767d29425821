import type { RunComparison } from "@gantry/sdk/api";
import { useTexts } from "../../ui/texts.ts";
import { duration } from "../../ui/time.tsx";
import { SmallTable } from "./table.tsx";
import { texts } from "./texts.ts";

export function Timing({ a, b }: RunComparison["timing"]) {
  const said = useTexts(texts);
  return (
    <SmallTable label={said.timing} head={[said.what, said.first, said.second]}>
      {(["queuedMs", "workedMs", "totalMs"] as const).map((name) => (
        <tr key={name}>
          <th scope="row" className="px-3 py-1.5 text-left font-normal">
            {said[name]}
          </th>
          <td className="px-3 py-1.5 whitespace-nowrap">{duration(a[name])}</td>
          <td className="px-3 py-1.5 whitespace-nowrap">{duration(b[name])}</td>
        </tr>
      ))}
    </SmallTable>
  );
}
