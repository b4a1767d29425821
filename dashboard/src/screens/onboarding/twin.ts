import type { OnboardingView } from "@gantry/sdk/api";

export type Example = NonNullable<OnboardingView["example"]>;

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}
