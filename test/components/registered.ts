import * as pulumi from "@pulumi/pulumi";

export const a = "abcdef1ghij2klmno3pqr4";
export const b = "stuvwx5yzabc6defgh7ijk";
export const account = "123456789012";

export type Registered = pulumi.runtime.MockResourceArgs;

/** What a program has registered, by the last part of a type's token and by name. */
export class Graph {
  readonly resources: Registered[] = [];
  readonly calls: string[] = [];
  /** Options of resources, which mocks are not told of. */
  readonly options = new Map<string, pulumi.CustomResourceOptions>();

  of(type: string): Registered[] {
    return this.resources.filter((resource) => resource.type.endsWith(`:${type}`));
  }

  // biome-ignore lint/suspicious/noExplicitAny: inputs are of every type there is.
  inputs(type: string, name: string): any {
    const found = this.of(type).find((resource) => resource.name === name);
    if (!found) throw new Error(`no ${type} ${name}; there are ${this.of(type).map((resource) => resource.name)}`);
    return found.inputs;
  }

  get types(): Record<string, number> {
    const counted: Record<string, number> = {};
    for (const { type } of this.resources) {
      if (!type.startsWith("aws:")) continue;
      const name = type.slice(type.lastIndexOf(":") + 1);
      counted[name] = (counted[name] ?? 0) + 1;
    }
    return counted;
  }
}

const states: Record<string, (resource: Registered) => Record<string, unknown>> = {
  Queue: ({ inputs: { region, name } }) => ({
    arn: `arn:aws:sqs:${region}:${account}:${name}`,
    url: `https://sqs.${region}.amazonaws.com/${account}/${name}`,
  }),
  EventRule: ({ inputs: { region, name } }) => ({ arn: `arn:aws:events:${region}:${account}:rule/${name}` }),
  Function: ({ inputs: { region, name } }) => ({ arn: `arn:aws:lambda:${region}:${account}:function:${name}` }),
  LogGroup: ({ inputs: { region, name } }) => ({ arn: `arn:aws:logs:${region}:${account}:log-group:${name}` }),
  Role: ({ inputs: { name } }) => ({ arn: `arn:aws:iam::${account}:role/${name}` }),
  Bucket: ({ inputs: { bucketPrefix } }) => ({
    bucket: `${bucketPrefix}0001`,
    arn: `arn:aws:s3:::${bucketPrefix}0001`,
  }),
  Cluster: ({ inputs: { region, name } }) => ({ arn: `arn:aws:ecs:${region}:${account}:cluster/${name}` }),
  MetricAlarm: ({ inputs: { region, name } }) => ({ arn: `arn:aws:cloudwatch:${region}:${account}:alarm:${name}` }),
  Policy: ({ inputs: { region, name } }) => ({ arn: `arn:aws:autoscaling:${region}:${account}:policy/${name}` }),
  TaskDefinition: ({ inputs: { region, family } }) => ({
    arn: `arn:aws:ecs:${region}:${account}:task-definition/${family}:1`,
  }),
};

/**
 * Runs a program against mocks. They prove nothing about the engine or AWS, only what is asked of them.
 * @param program gets options for its component, by which those of all resources are seen
 * @param options.preview nothing that a provider says is known
 */
export async function run<T>(
  program: (options: pulumi.ComponentResourceOptions) => T,
  options: { preview?: boolean; region?: string | undefined; project?: string; stack?: string } = {},
): Promise<{ made: T; graph: Graph }> {
  const { preview = false, region = "us-east-1", project = "calls", stack = "prod" } = options;
  const graph = new Graph();
  pulumi.runtime.setAllConfig("region" in options && !options.region ? {} : { "aws:region": region });
  await pulumi.runtime.setMocks(
    {
      newResource: (resource) => {
        graph.resources.push(resource);
        const state = states[resource.type.slice(resource.type.lastIndexOf(":") + 1)]?.(resource);
        return {
          id: preview ? undefined : `${resource.name}-id`,
          state: preview ? resource.inputs : { ...resource.inputs, ...state },
        };
      },
      call: ({ token }) => {
        graph.calls.push(token);
        return { accountId: account };
      },
    },
    project,
    stack,
    preview,
  );
  try {
    const made = program({
      transformations: [
        ({ name, opts }) => {
          graph.options.set(name, opts);
          return undefined;
        },
      ],
    });
    await pulumi.runtime.disconnect();
    return { made, graph };
  } finally {
    pulumi.runtime.setAllConfig({});
  }
}

export const resolved = <T>(output: pulumi.Output<T>): Promise<T> => new Promise((resolve) => output.apply(resolve));

/** The faults that a component tells of, each a property and its reason. */
export async function faultsOf(
  program: Parameters<typeof run>[0],
  options?: Parameters<typeof run>[1],
): Promise<[string, string][]> {
  let graph: Graph | undefined;
  try {
    ({ graph } = await run(program, options));
  } catch (error) {
    const [, ...lines] = (error as Error).message.split("\n");
    return lines.map((line) => {
      const [property = "", ...reason] = line.trim().split(" ");
      return [property, reason.join(" ")];
    });
  }
  throw new Error(`no fault, but ${graph.resources.length} resources`);
}
