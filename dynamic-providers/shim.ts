import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";
import type { AssumeRole } from "./faults.js";

/** The folders of dynamic-providers/ that state may name, each exported in package.json for ever. */
export type ProviderName = "streaming-configuration" | "service-linked-role";

const packageName = "pulumi-chime-voice-streaming";

/**
 * What a resource keeps in state as its provider: a constant text, the same for every version of this package, that loads
 * the provider from the program's own dependencies. Nothing is serialized, so any program works, state stays small, and
 * a fixed release reaches resources that exist already, on delete too.
 *
 * It is evaluated with no file name, where a bare `require` would look from nowhere and a package in its own repository
 * would not find itself; `createRequire` from the program's directory finds both.
 */
export function providerText(name: ProviderName): string {
  return `exports.handler=()=>require("module").createRequire(process.cwd()+"/")("${packageName}/dynamic-providers/${name}")`;
}

/** A role to assume, as a program writes it: its parts may be Outputs. */
export type AssumeRoleArgs = { [Name in keyof AssumeRole]: pulumi.Input<NonNullable<AssumeRole[Name]>> };

/** The SDK gives a resource an Output for each property that its constructor names, with a value or without. */
export function withoutValues(names: readonly string[]): Record<string, undefined> {
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

/**
 * Fails where a resource is declared, so at preview already, when the provider process would not find this package.
 * @throws pulumi.RunError that says what to install
 */
export function assertProviderResolves(name: ProviderName): void {
  const directory = process.cwd();
  try {
    createRequire(`${directory}/`).resolve(`${packageName}/dynamic-providers/${name}`);
  } catch {
    throw new pulumi.RunError(
      `${packageName} cannot be found from the program's directory ${directory}: ` +
        "add it to the dependencies of the package.json there and run npm install.",
    );
  }
}

/**
 * An explicit provider would be ignored by the engine for these resources, and with it its region and credentials.
 * @throws pulumi.RunError
 */
export function refuseProvider(
  options: pulumi.CustomResourceOptions | pulumi.ComponentResourceOptions | undefined,
): void {
  const given = (["provider", "providers"] as const).find(
    (option) => (options as pulumi.ComponentResourceOptions | undefined)?.[option] !== undefined,
  );
  if (!given) return;
  throw new pulumi.RunError(
    `The option "${given}" cannot be honoured: dynamic resources have no explicit provider. ` +
      "Use the arguments region, profile and assumeRole, or the stack configuration aws:region, aws:profile and aws:assumeRole.",
  );
}

/** A user's mistake that shows in an Output: the SDK would look up the sources of its own frames in the stack for many seconds. */
export function mistake(text: string): pulumi.RunError {
  const error = new pulumi.RunError(text);
  error.stack = "";
  return error;
}

/** Faults of arguments, a line each, as one error of the resource. */
export function faultsError(
  title: string,
  faults: { property: string; reason: string }[],
  resource: pulumi.Resource,
): pulumi.ResourceError {
  const lines = faults.map(({ property, reason }) => `  ${property} ${reason}`);
  return new pulumi.ResourceError(`${title}\n${lines.join("\n")}`, resource, true);
}
