import { getRouteApi } from "@tanstack/react-router";
import type { SettingsSearch } from "../search.ts";

const route = getRouteApi("/settings/$section");

/** What the address says, and how to say something else; `undefined` takes a word out of it. */
export function useAddress(): [
  SettingsSearch,
  (change: Partial<SettingsSearch>, options?: { replace: boolean }) => void,
] {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const say = (change: Partial<SettingsSearch>, { replace } = { replace: false }): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace, resetScroll: false });
  return [search, say];
}

/** The panel beside a list: which one is open is part of the address, so that back closes it. */
export function useShown(): { show: string | undefined; open(id: string): void; close(): void } {
  const [{ show }, say] = useAddress();
  return { show, open: (id) => say({ show: id }), close: () => say({ show: undefined }) };
}
