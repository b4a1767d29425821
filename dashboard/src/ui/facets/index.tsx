/** What narrows a list: some of the values of a property, words, a range of time. What is chosen belongs into the address. */
export { ChoiceFacet, type Choice } from "./choice.tsx";
export { RangeFacet } from "./range.tsx";
export { SearchFacet } from "./search.tsx";
