export const style = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; --line: color-mix(in srgb, currentColor 30%, transparent); --accent: light-dark(#0b5cad, #8cc2ff); }
body { margin: 0; }
main { box-sizing: border-box; max-width: 30rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; overflow-wrap: break-word; }
@media (min-width: 40rem) { main { margin-top: 3rem; padding: 2rem; border: 1px solid var(--line); border-radius: 0.75rem; } }
.brand { margin: 0; font-weight: 600; letter-spacing: 0.02em; }
h1 { margin: 0.25rem 0 1.5rem; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 2.5rem 0 0.75rem; padding-top: 1.5rem; border-top: 1px solid var(--line); font-size: 1.2rem; }
form { margin: 0 0 1rem; }
label { display: block; margin: 1rem 0 0.25rem; font-weight: 600; }
input { box-sizing: border-box; width: 100%; padding: 0.6rem 0.7rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: 0.4rem; }
button, .button { box-sizing: border-box; display: block; width: 100%; margin-top: 1rem; padding: 0.65rem 1rem; font: inherit; font-weight: 600; text-align: center; text-decoration: none; color: light-dark(#fff, #0b1a2b); background: var(--accent); border: 1px solid var(--accent); border-radius: 0.4rem; cursor: pointer; }
button.second, .button.second { color: inherit; background: transparent; border-color: var(--line); }
:is(a, button, input):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
a { color: var(--accent); }
.hint { margin: 0.25rem 0 0; font-size: 0.9rem; opacity: 0.8; }
.error, .done { padding: 0.75rem 1rem; border-left: 4px solid; border-radius: 0.25rem; background: color-mix(in srgb, currentColor 8%, transparent); }
.error { border-color: light-dark(#b3261e, #ff8a80); }
.done { border-color: light-dark(#1b6e3c, #7fd8a0); }
.or { display: flex; gap: 0.75rem; align-items: center; margin: 1.5rem 0 0.5rem; opacity: 0.8; }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
.code { font: 600 1.5rem/1.4 ui-monospace, monospace; letter-spacing: 0.15em; text-align: center; }
.codes { columns: 2; margin: 0; padding: 0; list-style: none; font: 1rem/1.8 ui-monospace, monospace; }
.list { margin: 0; padding: 0; list-style: none; }
.list li { padding: 0.75rem 0; border-bottom: 1px solid var(--line); }
.list p { margin: 0; }
.list form { margin: 0; }
.qr svg { display: block; width: 12rem; max-width: 100%; height: auto; margin: 1rem auto; background: #fff; }
nav { margin-top: 2rem; display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; }
`;
