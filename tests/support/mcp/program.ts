/** A server of 2025-11-25 as a program, in one text that `node -e` takes: its tool tells what it can see. */
export const program = `
const tools = [{ name: "look", description: "Tells what it sees.", inputSchema: { type: "object" } }];
const answers = {
  initialize: () => ({ protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: { name: "program", version: "1.0.0" } }),
  "tools/list": () => ({ tools }),
  "tools/call": () => ({
    content: [{ type: "text", text: JSON.stringify({ env: Object.keys(process.env).sort(), token: process.env.TOKEN, home: exists("/root/.ssh") || exists("/etc/shadow") }) }],
  }),
};
const exists = (path) => { try { require("fs").readFileSync(path); return true; } catch { return false; } };
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method } = JSON.parse(line);
  if (id === undefined) return;
  const answer = answers[method];
  const rest = answer ? { result: answer() } : { error: { code: -32601, message: "Method not found" } };
  process.stdout.write(JSON.stringify({ jsonrpc: "2.0", id, ...rest }) + "\\n");
});
`;
