import type { Page } from "../api/common.ts";

/** All items of a list, page by page as they are asked for. */
export async function* allItems<Item>(read: (cursor: string | undefined) => Promise<Page<Item>>): AsyncGenerator<Item> {
  let cursor: string | undefined;
  for (;;) {
    const page = await read(cursor);
    yield* page.items;
    if (page.next === null) return;
    cursor = page.next;
  }
}
