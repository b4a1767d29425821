// What can't wait for the program.
{
  const kept = (name) => {
    try {
      return localStorage.getItem(`gantry.${name}`);
    } catch {
      // Without storage the system's theme and the first organization hold.
      return null;
    }
  };
  // Before anything is drawn, so that nobody who chose dark sees a white flash. Kept by app/theme.ts.
  const theme = kept("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  // The first questions of the page: their answers are there when the program is. Taken by data/early.ts.
  const organization = kept("organization");
  const headers = {
    accept: "application/json, application/problem+json",
    ...(organization === null ? {} : { "x-gantry-organization": organization }),
  };
  const ofHome = [
    "runs?limit=10",
    "kill-switch",
    "approvals?limit=50",
    "queue?on=person&limit=6",
    "runs?status=failed&limit=6",
    "questions",
    "queue?group=running&limit=8",
    "overview?days=1",
  ];
  globalThis.gantryEarly = new Map(
    ["me", ...(location.pathname === "/" ? ofHome : [])].map((question) => {
      const path = `/api/v1/${question}`;
      const answer = fetch(path, { headers, redirect: "error" });
      // Whoever takes it hears of a failure, too.
      answer.catch(() => {});
      return [path, answer];
    }),
  );
}
