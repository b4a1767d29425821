import {
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  type LifecycleRule,
} from "@aws-sdk/client-s3";
import { NotInBackendError } from "../backend.ts";
import type { Bucket } from "./client.ts";

export interface Lifecycle {
  /** Null: uploads that nobody completes stay for ever. */
  abortsUploadsAfterDays: number | null;
  /** Names of rules that delete, or move out of reach, what rows still name. */
  harmfulRules: string[];
}

/** Later than our own sweep, which takes a day: the rule is for what we can't sweep any more. */
const abortDays = 2;
/** A row that is deleted takes the key along, so an old version is of no use to anybody. */
const oldVersionDays = 1;
const slowClasses = new Set(["GLACIER", "DEEP_ARCHIVE"]);

/** What the bucket's rules do to our keys. */
export async function readLifecycle(bucket: Bucket): Promise<Lifecycle> {
  const ours = (await readRules(bucket)).filter((rule) => rule.Status === "Enabled" && reaches(rule, bucket));
  const days = ours
    // A rule for some of our keys only doesn't keep the others clean.
    .filter((rule) => bucket.settings.prefix.startsWith(prefixOf(rule)))
    .flatMap(({ AbortIncompleteMultipartUpload: abort }) => abort?.DaysAfterInitiation ?? []);
  return {
    abortsUploadsAfterDays: days.length === 0 ? null : Math.min(...days),
    harmfulRules: ours.filter(takesAway).map(({ ID }) => ID ?? "without a name"),
  };
}

/** Sets our rule beside those of others: the store knows only all rules of a bucket at once. */
export async function writeLifecycle(bucket: Bucket): Promise<void> {
  const { bucket: Bucket, prefix } = bucket.settings;
  const ID = `gantry ${prefix}`;
  const others = (await readRules(bucket)).filter((rule) => rule.ID !== ID);
  const own: LifecycleRule = {
    ID,
    Status: "Enabled",
    Filter: { Prefix: prefix },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: abortDays },
    NoncurrentVersionExpiration: { NoncurrentDays: oldVersionDays },
    Expiration: { ExpiredObjectDeleteMarker: true },
  };
  await bucket.send(
    new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [...others, own] } }),
  );
}

async function readRules(bucket: Bucket): Promise<LifecycleRule[]> {
  try {
    const found = await bucket.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket.settings.bucket }));
    return found.Rules ?? [];
  } catch (error) {
    if (error instanceof NotInBackendError) return [];
    throw error;
  }
}

/** Whether it is about any key of ours; those that ask for a tag aren't, ours have none. */
function reaches(rule: LifecycleRule, { settings: { prefix } }: Bucket): boolean {
  if (rule.Filter?.Tag !== undefined || (rule.Filter?.And?.Tags?.length ?? 0) > 0) return false;
  const other = prefixOf(rule);
  return prefix.startsWith(other) || other.startsWith(prefix);
}

function prefixOf(rule: LifecycleRule): string {
  // Old rules have it beside the filter.
  const { Prefix } = rule as { Prefix?: string };
  return rule.Filter?.And?.Prefix ?? rule.Filter?.Prefix ?? Prefix ?? "";
}

function takesAway({ Expiration, Transitions }: LifecycleRule): boolean {
  if (Expiration?.Days !== undefined || Expiration?.Date !== undefined) return true;
  return (Transitions ?? []).some(({ StorageClass }) => StorageClass !== undefined && slowClasses.has(StorageClass));
}
