import type { Endpoint } from "@gantry/sdk/api";
import type { ApiDeps } from "../../platform/src/api/deps.ts";
import type { Call } from "../../platform/src/api/http/route.ts";
import { inOrganization } from "../../platform/src/store/organization.ts";

export * from "../../platform/src/api/http/audit-call.ts";

export function auditedTransactions(
  deps: ApiDeps,
  _endpoint: Endpoint,
  call: Pick<Call<Endpoint>, "caller">,
): Call<Endpoint>["tx"] {
  return (work) => inOrganization(deps.pool, call.caller.org, work);
}
