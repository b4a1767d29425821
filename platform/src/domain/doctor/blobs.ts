import type { BlobsView, DoctorCheck } from "@gantry/sdk/api";

const places: Record<BlobsView["store"], string> = {
  files: "in the server's data directory, for one host",
  postgres: "in the database",
  s3: "in a bucket",
};

/** Where contents are kept, and whether the bucket keeps them. */
export function blobChecks(view: BlobsView): DoctorCheck[] {
  const { store, place, problem } = view;
  const name = "blobs";
  const text = `${places[store]}${place === null ? "" : ` (${place})`}`;
  if (problem !== null) {
    const mend = `see docs/errors/${problem.code}.md`;
    return [{ name, status: "broken", text: `${text}: ${problem.message}`, mend }];
  }
  return [{ name, status: "ok", text }, ...lifecycleChecks(view)];
}

function lifecycleChecks({ lifecycle }: BlobsView): DoctorCheck[] {
  const name = "bucket rules";
  if (lifecycle === null) return [];
  const { abortsUploadsAfterDays: days, harmfulRules: harmful, problem } = lifecycle;
  if (problem !== null) {
    const text = `can't be read (${problem.code}): uploads that nobody completes may stay for ever`;
    return [{ name, status: "missing", text, mend: "allow s3:GetLifecycleConfiguration on the bucket" }];
  }
  if (harmful.length > 0) {
    const text = `${harmful.join(", ")}: deletes or archives what runs still need; keep it away from Gantry's prefix`;
    const mend = "aws s3api get-bucket-lifecycle-configuration --bucket …";
    return [{ name, status: "broken", text, mend }];
  }
  if (days === null) {
    const text = "none removes uploads that nobody completed; the sweep does while Gantry runs";
    return [{ name, status: "missing", text, mend: "gantry blobs lifecycle" }];
  }
  return [{ name, status: "ok", text: `uploads that nobody completed go after ${days} days` }];
}
