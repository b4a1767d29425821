export const texts = {
  en: { title: "Home", newest: "Newest runs", none: "Nothing has run yet." },
};
