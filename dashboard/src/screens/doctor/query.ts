import type { DoctorView } from "@gantry/sdk/api";
import type { Client } from "@gantry/sdk/client";
import { queryOptions } from "@tanstack/react-query";

/** Looking costs the server something, so it is done when somebody asks, not with every event. */
export const doctorQuery = (client: Client) =>
  queryOptions({
    queryKey: ["settings", "doctor"],
    queryFn: () => client.doctor.get(),
    staleTime: 60_000,
    refetchOnWindowFocus: false,
  });

export function count({ checks }: DoctorView) {
  const of = (status: string) => checks.filter((check) => check.status === status).length;
  return { broken: of("broken"), missing: of("missing") };
}
