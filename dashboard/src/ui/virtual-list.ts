/**
 * Lists of which only what is seen is drawn, in a box of their own or in the page. What these return changes by itself: it is used where it
 * is made, and nothing that gets it may be memoized.
 */
export { useVirtualizer as useVirtualList, useWindowVirtualizer as useVirtualPage } from "@tanstack/react-virtual";
