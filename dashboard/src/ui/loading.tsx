import { useEffect, useState } from "react";
import { useTexts } from "./texts.ts";

/** Nothing for a moment, so that what comes quickly doesn't flicker; then a word. */
export function Loading({ what }: { what?: string }) {
  const said = useTexts(texts);
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 400);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" aria-busy="true" className="text-muted min-h-24 p-3 text-sm">
      {slow && (what === undefined ? said.loading : said.loadingWhat(what))}
    </div>
  );
}

const texts = { en: { loading: "Loading …", loadingWhat: (what: string) => `Loading ${what} …` } };
