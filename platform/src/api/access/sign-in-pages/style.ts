import { look } from "../../docs/look.ts";

export const style = `${look}body { margin: 0; }
main { box-sizing: border-box; max-width: 26rem; margin: 0 auto; padding: 1.25rem 1rem 4rem; overflow-wrap: break-word; }
@media (min-width: 40rem) { main { margin: 3rem auto; padding: 1.75rem 2rem 2rem; background: var(--surface); border: 1px solid var(--line); border-radius: 10px; } }
.brand { margin: 0 0 1.25rem; font-weight: 600; }
.brand a { display: inline-flex; gap: 0.5rem; align-items: center; color: inherit; text-decoration: none; }
h1 { margin: 0 0 1rem; font-size: 1.1875rem; font-weight: 600; line-height: 1.3; }
h2 { margin: 1.75rem 0 0.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); font-size: 0.875rem; font-weight: 600; }
form { margin: 0 0 0.75rem; }
label { display: block; margin: 0.75rem 0 0.25rem; font-size: 0.8125rem; font-weight: 500; }
input { box-sizing: border-box; width: 100%; min-height: 2.25rem; padding: 0.25rem 0.5rem; font: inherit; color: inherit; background: var(--surface); border: 1px solid var(--strong); border-radius: 6px; }
@media (max-width: 40rem) { input { min-height: 2.75rem; font-size: 1rem; } }
button, .button { box-sizing: border-box; display: block; width: 100%; min-height: 2.25rem; margin-top: 0.875rem; padding: 0.375rem 0.75rem; font: inherit; font-weight: 500; text-align: center; text-decoration: none; color: var(--on-accent); background: var(--accent); border: 1px solid transparent; border-radius: 6px; cursor: pointer; }
@media (max-width: 40rem) { button, .button { min-height: 2.75rem; } }
button.second, .button.second { color: inherit; background: transparent; border-color: var(--line); }
:is(button, .button).second:hover { background: var(--sunken); }
[hidden] { display: none; }
.hint { margin: 0.25rem 0 0; font-size: 0.75rem; color: var(--muted); }
.error, .done { margin: 0 0 1rem; padding: 0.5rem 0.75rem; border-radius: 6px; }
.error { color: var(--bad); background: var(--bad-soft); }
.done { color: var(--good); background: var(--good-soft); }
.or { display: flex; gap: 0.75rem; align-items: center; margin: 1.25rem 0 0.25rem; color: var(--muted); }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
.code { font: 600 1.375rem/1.4 ui-monospace, monospace; letter-spacing: 0.15em; text-align: center; }
.codes { columns: 2; margin: 0; padding: 0; list-style: none; font: 0.875rem/1.8 ui-monospace, monospace; }
.list { margin: 0; padding: 0; list-style: none; }
.list li { padding: 0.625rem 0; border-bottom: 1px solid var(--line); }
.list p { margin: 0; }
.list form { margin: 0; }
.qr svg { display: block; width: 12rem; max-width: 100%; height: auto; margin: 1rem auto; background: #fff; }
`;
