import type { BackupsView, DoctorCheck } from "@gantry/sdk/api";
import { utcMinute } from "../../lib/utc-minute.ts";

const hourMs = 3_600_000;
const drillDays = 90;

/** Whether there is something to go back to, and whether anybody has tried. */
export function backupChecks({ schedule, last, drill, recent }: BackupsView, now: number): DoctorCheck[] {
  return [checkBackup({ schedule, last, recent }, now), checkDrill(drill, now)];
}

function checkBackup({ schedule, last, recent }: Omit<BackupsView, "drill">, now: number): DoctorCheck {
  const name = "backup";
  const mend = "gantry backup create /mnt/backups";
  const failed = recent[0]?.error ?? null;
  const why = failed === null ? "" : `; the last try failed: ${failed.message}`;
  if (last === null || last.takenAt === null) {
    const status = schedule === null ? "missing" : "broken";
    return { name, status, text: `there is none: a lost disk loses everything${why}`, mend };
  }
  const text = `the last whole one shows ${utcMinute(last.takenAt)}${why}`;
  if (schedule === null) {
    const more = "; none are made by themselves, unless something else calls: set GANTRY_BACKUP_DIR";
    return { name, status: failed === null ? "ok" : "missing", text: `${text}${more}` };
  }
  const isLate = now - Date.parse(last.takenAt) > 2 * schedule.everyHours * hourMs;
  if (isLate) return { name, status: "broken", text: `${text}, and one is due every ${schedule.everyHours} h`, mend };
  return failed === null ? { name, status: "ok", text } : { name, status: "missing", text, mend };
}

function checkDrill(drill: BackupsView["drill"], now: number): DoctorCheck {
  const name = "restore drill";
  const mend = "gantry backup drill";
  if (drill === null) return { name, status: "missing", text: "a restore was never tried out", mend };
  if (drill.error !== null)
    return { name, status: "broken", text: `failed at ${utcMinute(drill.at)}: ${drill.error.message}`, mend };
  const text = `a restore was tried out at ${utcMinute(drill.at)}, and every row was as it should be`;
  const isOld = now - Date.parse(drill.at) > drillDays * 24 * hourMs;
  return isOld ? { name, status: "missing", text: `${text}; that is long ago`, mend } : { name, status: "ok", text };
}
