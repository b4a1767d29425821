import { classNames } from "../../ui/class-names.ts";
import { useTexts } from "../../ui/texts.ts";
import { duration, useNow, utcTime } from "../../ui/time.tsx";
import { Tooltip } from "../../ui/tooltip.tsx";
import { texts } from "./texts.ts";

const soonMs = 3_600_000;

/** Until when it can be approved, counted down by a clock of this page. */
export function Expiry({ at }: { at: string }) {
  const said = useTexts(texts);
  const left = Date.parse(at) - useNow(1_000);
  return (
    <Tooltip text={utcTime(at, true)}>
      <time dateTime={at} className={classNames("relative", left < soonMs ? "text-warn font-medium" : "text-muted")}>
        {left <= 0 ? said.over : said.expires(duration(left < 120_000 ? left : left - (left % 60_000)))}
      </time>
    </Tooltip>
  );
}
