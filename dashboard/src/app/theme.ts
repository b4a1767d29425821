import { stored } from "../data/stored.ts";

export type Theme = "system" | "light" | "dark";

const chosen = stored("theme");

export function currentTheme(): Theme {
  const theme = chosen.get();
  return theme === "light" || theme === "dark" ? theme : "system";
}

/** At once, and in this browser from now on. public/early.js reads it before the first paint. */
export function setTheme(theme: Theme): void {
  chosen.set(theme === "system" ? null : theme);
  // For the pages that the server makes itself: signing in, the account.
  document.cookie = `gantry-theme=${theme}; path=/; samesite=lax; max-age=${theme === "system" ? 0 : 31_536_000}`;
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}
