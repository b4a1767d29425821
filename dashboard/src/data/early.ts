declare global {
  /** Answers by the path that was asked. */
  var gantryEarly: Map<string, Promise<Response>> | undefined;
}

/** `fetch`, but what public/early.js asked before the program was there isn't asked again: its answer is taken, once. */
export const fetchWithEarly: typeof fetch = (input, init) => {
  const answer = init?.method === "GET" ? takeEarly(input) : undefined;
  if (answer === undefined) return fetch(input, init);
  const { signal } = init ?? {};
  return new Promise((resolve, reject) => {
    answer.then(resolve, reject);
    signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
};

/** What nobody took while the page began is too old for whoever asks later. */
export function dropEarly(): void {
  globalThis.gantryEarly?.clear();
}

function takeEarly(input: RequestInfo | URL): Promise<Response> | undefined {
  const { pathname, search } = new URL(input instanceof Request ? input.url : input);
  const answer = globalThis.gantryEarly?.get(pathname + search);
  globalThis.gantryEarly?.delete(pathname + search);
  return answer;
}
