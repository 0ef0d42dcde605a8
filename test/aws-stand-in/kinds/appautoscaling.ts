import type { Kind } from "../kind.js";

/**
 * No AWS for tests has Application Auto Scaling: what these resources say reaches nobody. It is in the state alone, so
 * that a program that has them can be deployed; what is right about them, unit tests must tell.
 */
function inStateAlone(properties: readonly string[], idOf: (inputs: Record<string, string>) => string): Kind {
  return {
    properties,
    replaceOn: ["resourceId", "scalableDimension", "serviceNamespace", "name"],
    create: async (inputs) => idOf(inputs),
    read: async (id, inputs) => ({ inputs, outputs: { arn: `arn:aws:autoscaling:${inputs.region}::${id}` } }),
    update: async () => undefined,
    delete: async () => undefined,
  };
}

const WHAT = ["resourceId", "scalableDimension", "serviceNamespace"];

export const kinds: Record<string, Kind> = {
  "aws:appautoscaling/target:Target": inStateAlone(
    [...WHAT, "minCapacity", "maxCapacity", "tags"],
    ({ serviceNamespace, resourceId, scalableDimension }) => `${serviceNamespace}/${resourceId}/${scalableDimension}`,
  ),
  "aws:appautoscaling/policy:Policy": inStateAlone(
    [...WHAT, "name", "policyType", "targetTrackingScalingPolicyConfiguration", "stepScalingPolicyConfiguration"],
    ({ serviceNamespace, resourceId, name }) => `${serviceNamespace}/${resourceId}/${name}`,
  ),
};
