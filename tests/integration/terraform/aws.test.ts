import { apply } from "@gantry/agent-terraform";
import { runTool } from "@gantry/sdk/testing";
import { describe, expect, test } from "vitest";
import { hasMoto, startMoto } from "../../support/moto.ts";
import { findAwsProvider, setStage, terraformBinary, useMirror } from "../../support/terraform.ts";
import { applied, planned } from "./steps.ts";

const mirror = await findAwsProvider();
const secrets = {
  secretVariables: {},
  credentials: { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "not-a-real-key" },
};

const provider = (url: string) => `terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region                      = "eu-central-1"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  endpoints {
    ec2 = "${url}"
    s3  = "${url}"
  }
}
`;

const network = (port: number, more = "") => `resource "aws_vpc" "main" {
  cidr_block = "10.7.0.0/16"
  tags       = { Name = "main" }
}
resource "aws_security_group" "web" {
  name   = "web"
  vpc_id = aws_vpc.main.id
  ingress {
    protocol    = "tcp"
    from_port   = ${port}
    to_port     = ${port}
    cidr_blocks = ["0.0.0.0/0"]
  }
}
${more}`;

/** What the API itself says: ports open in the group `web`, and the names of the buckets. */
async function reality(url: string): Promise<{ ports: string[]; buckets: string[] }> {
  const authorization =
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-central-1/ec2/aws4_request, SignedHeaders=host, Signature=0";
  const groups = await fetch(url, {
    method: "POST",
    headers: { authorization, "content-type": "application/x-www-form-urlencoded" },
    body: "Action=DescribeSecurityGroups&Version=2016-11-15&Filter.1.Name=group-name&Filter.1.Value.1=web",
  });
  const buckets = await fetch(url, { headers: { authorization: authorization.replace("/ec2/", "/s3/") } });
  const all = (text: string, tag: string) =>
    [...text.matchAll(new RegExp(`<${tag}>([^<]*)</${tag}>`, "g"))].map(([, found]) => found ?? "");
  return { ports: all(await groups.text(), "fromPort"), buckets: all(await buckets.text(), "Name") };
}

describe.skipIf(terraformBinary === undefined || mirror === undefined || !hasMoto)(
  "Terraform with the AWS provider against a local AWS API",
  () => {
    // The provider takes tens of seconds to start on a small machine, and there are a dozen starts. Most of that is building
    // its schemas, and a third of it went into collecting garbage: 16.6 s of processor time for a plan, 9.8 s with this.
    const lazyCollector = { GOGC: "400" };

    test("a network is applied, changed and undone, and the API agrees each time", { timeout: 900_000 }, async () => {
      await using moto = await startMoto();
      await using installation = await useMirror(mirror ?? "");
      await using stage = await setStage({
        commandEnvironment: { ...installation.env, ...lazyCollector },
        deadlineMs: 900_000,
      });
      const { ctx } = stage;
      const base = provider(moto.url);
      expect(await reality(moto.url)).toEqual({ ports: [], buckets: [] });

      await applied(ctx, { "main.tf": base + network(80) }, secrets);
      expect(await reality(moto.url)).toEqual({ ports: ["80"], buckets: [] });

      const bucket = 'resource "aws_s3_bucket" "logs" {\n  bucket = "gantry-logs"\n}\n';
      const made = await planned(ctx, { "main.tf": base + network(443, bucket) }, secrets);
      expect(made).toMatchObject({ counts: { add: 1, change: 1, destroy: 0 }, effect: "changes" });
      expect(made.diff).toContain("~ aws_security_group.web will be updated in place");
      expect(JSON.stringify([made, ctx.outcomes])).not.toContain("not-a-real-key");
      // The provider stays behind: hundreds of megabytes that the next worker has itself.
      expect(made.plan.files.bytes).toBeLessThan(1_000_000);

      const input = { plan: made.plan, ...secrets };
      const output = await runTool(apply, "run", input, await ctx.next());
      expect(await reality(moto.url)).toEqual({ ports: ["443"], buckets: ["gantry-logs"] });
      const undone = await runTool(apply, "undo", input, await ctx.next(), output);
      expect(undone).toEqual({ summary: 'Undone in "network": 1 removed, 1 changed back, 0 created anew.', left: [] });
      expect(await reality(moto.url)).toEqual({ ports: ["80"], buckets: [] });
    });
  },
);
