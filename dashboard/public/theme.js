// Before anything is drawn, so that nobody who chose dark sees a white flash. Kept by app/theme.ts.
let chosen = null;
try {
  const theme = localStorage.getItem("gantry.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  chosen = localStorage.getItem("gantry.organization");
} catch {
  // Without storage the system's choice holds.
}
// The first question of every page, asked early. It can't say for which organization, so whoever chose one asks a little later.
if (chosen === null) {
  const early = document.createElement("link");
  Object.assign(early, { rel: "preload", href: "/api/v1/me", as: "fetch", crossOrigin: "" });
  document.head.append(early);
}
