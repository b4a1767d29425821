/** Hides what has the form of a key, for those that nobody stored as a secret. */
export function hideKeys(text: string): string {
  if (!perhapsKeys.test(text)) return text;
  return keys.reduce((before, pattern) => before.replaceAll(pattern, "$<keep>[looks like a key]"), text);
}

/** Nearly all texts have none of it. */
const perhapsKeys =
  /-----BEGIN |AKIA|ASIA|aws_secret|gh[pousr]_|github_pat_|glpat-|npm_|xox|AIza|[sr]k[-_]|eyJ|authorization|:\/\//i;
/** As their makers document them, so that other text isn't taken for one. `keep` stays. */
const keys = [
  /(?<keep>)-----BEGIN (?:[A-Z]{1,20} ){0,3}PRIVATE KEY-----[\s\S]*?(?:-----END (?:[A-Z]{1,20} ){0,3}PRIVATE KEY-----|$)/g,
  /(?<keep>)\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  /(?<keep>aws_secret_access_key["']?\s{0,5}[=:]\s{0,5}["']?)[A-Za-z0-9/+=]{40}/gi,
  /(?<keep>)\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{22,}|glpat-[\w-]{20,}|npm_[A-Za-z0-9]{30,})/g,
  /(?<keep>)\bxox[abeoprs]-[\w-]{10,}/g,
  /(?<keep>)\bAIza[\w-]{35}/g,
  /(?<keep>)\b(?:sk|rk)[-_][\w-]{20,}/g,
  // Only where a word begins: one long word of many beginnings would be read again for each.
  /(?<keep>)(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/g,
  /(?<keep>\bauthorization["']?\s{0,5}[=:]\s{0,5}["']?(?:bearer|basic)\s{1,5})[\w.~+/=-]{8,}/gi,
  /(?<keep>\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{0,100}:)[^\s/@]{3,200}(?=@)/gi,
];
