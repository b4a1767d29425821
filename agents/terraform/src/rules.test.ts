import { expect, test } from "vitest";
import { brokenRules } from "./rules.ts";

const broken = (content: string, providers: readonly string[] = []) =>
  brokenRules([{ name: "main.tf", content }], providers).map(({ summary, line = 0 }) => `${line}: ${summary}`);
const external = '1: A data source "external" runs a program';
const provider = "1: A provider that isn't allowed here";
const module = "1: A module comes from an address of its own";
const requires = (inner: string): string => `terraform { required_providers { ${inner} } }`;

test.each([
  ['data "external" "x" {}', external],
  ["data external x {}", external],
  ['data /* "a" */ "external" "x" {}', external],
  ['data "ext\\u0065rnal" "x" {}', external],
  ['check "c" { data "external" "x" {} }', external],
  ['locals { a = "}" } data "external" "x" {}', external],
  ['/*\n# */ data "external" "x" {}', external.replace("1", "2")],
  ['data "http" "x" { url = "https://a.example" }', '1: A data source "http" asks any address'],
  ['resource "null_resource" "x" { provisioner "local-exec" {} }', "1: A provisioner runs commands"],
  ['resource "null_resource" "x" { provisioner local-exec {} }', "1: A provisioner runs commands"],
  [requires('a = { source = "evil/a" }'), provider],
  [requires('a = { "source" = "evil/a" }'), provider],
  [requires('a = { source : "evil/a" }'), provider],
  [requires('a = { source /**/ = "evil.example:8443/x/a" }'), provider],
  [requires('a = { "sour${"ce"}" = "evil/a" }'), provider],
  [requires('a = { source = true ? "evil/a" : "b" }'), provider],
  [requires('a = { source = "hashicorp/../evil/a" }'), provider],
  ['module "m" { source = "git::https://evil.example/m" }', module],
  ['module m { source = "git::https://evil.example/m" }', module],
  ['module "m" { providers = { a = b.c }\nsource = "https://evil.example/m.zip" }', module.replace("1", "2")],
  ['module "m" { source = var.where }', module],
])("%s is given to no Terraform", (content, expected) => {
  expect(broken(content)).toContain(expected);
});

test("what only looks like it, and what is allowed, is left alone", () => {
  const content = `
# data "external" "x" {}
/* provisioner "local-exec" {} */
${requires('aws = { source = "hashicorp/aws", version = "~> 6.0" } own = { source = "acme/own" }')}
module "near" { source = "./modules/near" }
module "vpc" { source = "terraform-aws-modules/vpc/aws" }
resource "aws_s3_object" "page" { source = "files/index" }
locals {
  told = "data \\"external\\" \\"x\\" {}"
  page = <<-EOT
    provisioner "local-exec" {}
  EOT
  other = data.external.x
}
`;
  expect(broken(content, ["acme/own"])).toEqual([]);
});

test("credentials are found, in comments at the end of a line too", () => {
  expect(broken('provider "aws" {\n  secret_key = "abcdefgh"\n}')).toEqual(["2: A secret in plain text"]);
  expect(broken("a = 1 # AKIAIOSFODNN7EXAMPLE")).toEqual(["1: A credential in plain text"]);
});
