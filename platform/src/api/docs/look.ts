/** Colours and type of the pages that the server makes itself: the same as the dashboard's (dashboard/src/app/style.css). */
export const look = `:root {
  color-scheme: light dark;
  --canvas: light-dark(#f5f6f8, #0d1117);
  --surface: light-dark(#ffffff, #151b23);
  --sunken: light-dark(#eef0f3, #0b0f15);
  --line: light-dark(#d8dde3, #303843);
  --strong: light-dark(#868f99, #6b7683);
  --text: light-dark(#1a1f25, #e6ebf1);
  --muted: light-dark(#535c66, #9da8b4);
  --accent: light-dark(#0b5cad, #7db8ff);
  --on-accent: light-dark(#ffffff, #071a30);
  --good: light-dark(#116329, #5fd675);
  --good-soft: light-dark(#e3f4e8, #12291a);
  --bad: light-dark(#a81c12, #ff9088);
  --bad-soft: light-dark(#fdeae8, #361a18);
  font: 0.875rem/1.5 ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
  color: var(--text);
  background: var(--canvas);
}
[data-theme="light"] { color-scheme: light; }
[data-theme="dark"] { color-scheme: dark; }
a { color: var(--accent); }
:is(a, button, input):focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
`;
