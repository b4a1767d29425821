/** A text that this browser keeps; without storage (a private window may refuse it) it lasts as long as the page. */
export interface Stored {
  get(): string | null;
  set(value: string | null): void;
}

export function stored(name: string): Stored {
  const key = `gantry.${name}`;
  let here: string | null = null;
  return {
    get() {
      try {
        return localStorage.getItem(key);
      } catch {
        return here;
      }
    },
    set(value) {
      here = value;
      try {
        if (value === null) localStorage.removeItem(key);
        else localStorage.setItem(key, value);
      } catch {
        // Kept in `here`.
      }
    },
  };
}
