import type { dynamic } from "@pulumi/pulumi";
import { AwsCallError } from "../aws/call-error.js";
import { AwsSession } from "./aws-clients.js";
import { readStackConfiguration, type StackAwsConfiguration } from "./stack-configuration.js";

// biome-ignore lint/suspicious/noExplicitAny: property maps as the engine passes them; each lifecycle states its own types
type Properties = any;

/** The operations of a resource as plain functions over AWS: what lifecycle.ts of each resource exports. */
export interface Lifecycle {
  check(aws: AwsSession, olds: Properties, news: Properties): Promise<dynamic.CheckResult>;
  diff(id: string, olds: Properties, news: Properties): dynamic.DiffResult;
  create(aws: AwsSession, inputs: Properties): Promise<dynamic.CreateResult>;
  read(aws: AwsSession, id: string, props: Properties): Promise<dynamic.ReadResult>;
  update(aws: AwsSession, id: string, olds: Properties, news: Properties): Promise<dynamic.UpdateResult>;
  delete(aws: AwsSession, id: string, props: Properties): Promise<void>;
}

/** The wire format has no undefined: a property without a value is left out. */
function withoutUndefined<T>(result: T): T {
  return result === undefined ? result : JSON.parse(JSON.stringify(result));
}

/** The engine prints the stack of most errors; for a user's own mistakes and AWS's refusals it says nothing. */
async function withoutStack<T>(operation: () => T | Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof Error) error.stack = "";
    throw error;
  }
}

/** The engine configures a refresh or a destroy by what the last up has left in state: signing in anew may not reach it. */
async function fromState<T>(operation: () => T | Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    const isRefused = error instanceof AwsCallError && ["badCredentials", "noCredentials"].includes(error.kind);
    if (!isRefused) throw error;
    error.message +=
      " A refresh or destroy uses the stack configuration as the last up recorded it; with --run-program it uses the current one.";
    throw error;
  }
}

/** Where the stack keeps its profiles: the SDK reads that from the environment alone, and the process serves one stack. */
function useSharedFiles(stack: StackAwsConfiguration): void {
  if (stack.sharedConfigFile) process.env.AWS_CONFIG_FILE = stack.sharedConfigFile;
  if (stack.sharedCredentialsFile) process.env.AWS_SHARED_CREDENTIALS_FILE = stack.sharedCredentialsFile;
}

/**
 * A lifecycle as the object that Pulumi's dynamic-provider process calls. The process makes one per provider text and
 * calls `configure` once, before anything else and without waiting for it: so `configure` must be synchronous.
 */
export function asProvider(lifecycle: Lifecycle): dynamic.ResourceProvider {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  let { stack, faults } = readStackConfiguration(() => undefined);
  let aws = new AwsSession(stack);
  const run = <T>(operation: () => T | Promise<T>): Promise<T> =>
    withoutStack(async () => {
      if (faults.length) throw new Error(faults.map(({ property, reason }) => `${property} ${reason}`).join("; "));
      return withoutUndefined(await operation());
    });
  return {
    configure: async ({ config }) => {
      ({ stack, faults } = readStackConfiguration((key) => config.get(key)));
      useSharedFiles(stack);
      aws = new AwsSession(stack);
    },
    check: (olds, news) =>
      withoutStack(async () => {
        // A resource that cannot be checked shows the stack's faults as its own, all at once.
        if (faults.length) return { inputs: news, failures: faults };
        return withoutUndefined(await lifecycle.check(aws, olds, news));
      }),
    diff: (id, olds, news) => run(() => lifecycle.diff(id, olds, news)),
    create: (inputs) => run(() => lifecycle.create(aws, inputs)),
    read: (id, props) => run(() => fromState(() => lifecycle.read(aws, id, props ?? {}))),
    update: (id, olds, news) => run(() => lifecycle.update(aws, id, olds, news)),
    delete: (id, props) => run(() => fromState(() => lifecycle.delete(aws, id, props))),
  };
}
