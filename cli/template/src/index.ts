import { defineAgent } from "@gantry/sdk";
import { postNotice } from "./runbooks.ts";
import { post } from "./tool.ts";

export const agent = defineAgent({
  name: "noticeboard",
  version: "0.1.0",
  title: "Noticeboard",
  instructions: "Posts notices on boards, which are files on the worker's host.",
  tools: [post],
  runbooks: [postNotice],
  packageUrl: new URL("..", import.meta.url).href,
});
