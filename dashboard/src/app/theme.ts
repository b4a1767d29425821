import { stored } from "../data/stored.ts";

export type Theme = "system" | "light" | "dark";

const chosen = stored("theme");

export function currentTheme(): Theme {
  const theme = chosen.get();
  return theme === "light" || theme === "dark" ? theme : "system";
}

/** At once, and in this browser from now on. public/theme.js reads it before the first paint. */
export function setTheme(theme: Theme): void {
  chosen.set(theme === "system" ? null : theme);
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}
