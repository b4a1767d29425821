export function Folded({ title, text }: { title: string; text: string }) {
  return (
    <details>
      <summary className="text-muted hover:text-text cursor-pointer py-1 text-xs">{title}</summary>
      <Text label={title}>{text}</Text>
    </details>
  );
}

/** More than that nobody reads here; the history has it whole. */
const longest = 20_000;

/** A model's or a tool's words, as text and nothing else. */
export function Text({ label, children }: { label: string; children: string }) {
  return (
    <pre
      className="border-line bg-sunken max-h-72 overflow-auto rounded-md border p-2 font-mono text-xs [overflow-wrap:anywhere] whitespace-pre-wrap"
      tabIndex={0}
      role="group"
      aria-label={label}
    >
      <bdi dir="ltr">{children.length > longest ? `${children.slice(0, longest)}…` : children}</bdi>
    </pre>
  );
}
