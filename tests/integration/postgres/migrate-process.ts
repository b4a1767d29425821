import { migrate } from "../../../platform/src/postgres/index.ts";
import { silentLog } from "../../support/log.ts";

const [migratorUrl = "", directory = ""] = process.argv.slice(2);
console.log(JSON.stringify(await migrate({ migratorUrl, directory, log: silentLog })));
