const needed = 24;

/**
 * What to tell a user whose Node is too old; nothing when it will do.
 * @param {string} version as in `process.version`
 * @param {string} path of the Node that runs
 * @returns {string | undefined}
 */
export function refuseNode(version, path) {
  if (Number(version.slice(1).split(".")[0]) >= needed) return undefined;
  return [
    `gantry needs Node ${needed} or newer; this is ${version} (${path}).`,
    "Why: its TypeScript runs as it is, which older releases can't do.",
    `Do: install Node ${needed} (https://nodejs.org), or start it through npm inside the repository:`,
    "    npm start            (brings its own Node)",
    "    npx gantry --help    (after npm ci)",
  ].join("\n");
}
