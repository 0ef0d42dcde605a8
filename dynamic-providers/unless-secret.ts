import * as pulumi from "@pulumi/pulumi";
import { isPending } from "./faults.js";

/** No argument is deeper; what is given by mistake may be a resource, which leads back to itself. */
const DEEPEST = 4;

/** Whether anything in a value has yet to resolve: only such a value can be a secret. */
function hasPending(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null || depth > DEEPEST || pulumi.Resource.isInstance(value)) return false;
  return isPending(value) || Object.values(value).some((part) => hasPending(part, depth + 1));
}

/**
 * The same value, once it is known that no argument is a secret. As an input of the resource it keeps a resource with a
 * secret from being registered at all: the provider process gets secrets in clear, and a fault that its check finds is
 * printed with the value.
 * @param name the resource's, for the message
 * @returns the value itself where every argument is plain
 */
export function unlessSecret<T>(args: object, name: string, value: T): pulumi.Input<T> {
  const pending = Object.entries(args).filter(([, argument]) => hasPending(argument));
  if (!pending.length) return value as pulumi.Input<T>;
  const look = async (): Promise<T> => {
    const isSecret = await Promise.all(pending.map(([, argument]) => pulumi.isSecret(pulumi.output(argument))));
    const lines = pending.filter((_, i) => isSecret[i]).map(([argument]) => `  ${argument} must not be a secret`);
    if (!lines.length) return value;
    throw new pulumi.RunError(
      `The arguments of "${name}" cannot be used:\n${lines.join("\n")}\n` +
        "A dynamic provider gets them in clear, and its messages and state may show them. None of them is a credential: " +
        "use pulumi.unsecret where a value became a secret by the way it came, and profile, assumeRole or the stack " +
        "configuration for credentials.",
    );
  };
  return look() as pulumi.Input<T>;
}
