// Before anything is drawn, so that nobody who chose dark sees a white flash. Kept by app/theme.ts.
try {
  const theme = localStorage.getItem("gantry.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Without storage the system's choice holds.
}
