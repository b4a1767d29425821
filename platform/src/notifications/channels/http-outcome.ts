import type { OutgoingAnswer } from "../../outgoing/index.ts";
import { retryAfterMs } from "../back-off.ts";
import { plainLine } from "../plain-text.ts";
import type { Outcome } from "./channel.ts";

/** What an HTTP answer means for a message. Anything but 2xx is a failure, redirects too: they aren't followed. */
export function outcomeOf({ status, headers, body }: OutgoingAnswer, now: number): Outcome {
  const ok = status >= 200 && status < 300;
  const said = plainLine(body, 300);
  const detail = `HTTP ${status}${said === "" ? "" : `: ${said}`}`;
  const redirected = status >= 300 && status < 400;
  return {
    ok,
    status,
    detail: redirected ? `HTTP ${status}: redirects aren't followed; subscribe the address it leads to` : detail,
    retryAfterMs: status === 429 || status === 503 ? retryAfterMs(headers["retry-after"], now) : null,
    gone: status === 410,
    final: status === 410,
  };
}
