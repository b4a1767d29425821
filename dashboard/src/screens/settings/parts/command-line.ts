export { commandLine } from "../../../ui/command-line.ts";
