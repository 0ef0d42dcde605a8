import {
  AddPermissionCommand,
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  DeleteEventSourceMappingCommand,
  DeleteFunctionCommand,
  GetEventSourceMappingCommand,
  GetFunctionCommand,
  GetPolicyCommand,
  LambdaClient,
  RemovePermissionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateEventSourceMappingCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import type { Clients } from "../clients.js";
import { fromAws, given, type Inputs, type Kind, orGone, tagsGone, toAws } from "../kind.js";
import { zipOf } from "../zip.js";

const WAIT = { maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.2 };

/** What both CreateFunction and UpdateFunctionConfiguration take. */
function configurationOf(inputs: Inputs, clients: Clients) {
  const fields = given(inputs, "name", "code", "sourceCodeHash", "tags", "environment", "architectures");
  return {
    ...toAws(fields),
    FunctionName: inputs.name,
    Environment: { Variables: { ...inputs.environment?.variables, ...clients.settings.functionEnvironment } },
  };
}

const lambda: Kind = {
  properties: [
    ...["name", "description", "runtime", "handler", "role", "code", "architectures", "memorySize", "timeout"],
    ...["ephemeralStorage", "environment", "loggingConfig", "tracingConfig", "kmsKeyArn", "tags"],
  ],
  named: "name",
  replaceOn: ["name"],
  async create(inputs, clients) {
    const client = clients.get(LambdaClient, inputs.region);
    await client.send(
      new CreateFunctionCommand({
        ...configurationOf(inputs, clients),
        Architectures: inputs.architectures,
        Code: { ZipFile: zipOf(inputs.code) },
        Tags: inputs.tags,
      }),
    );
    await waitUntilFunctionActiveV2({ client, ...WAIT }, { FunctionName: inputs.name });
    return inputs.name;
  },
  async read(FunctionName, inputs, clients) {
    const client = clients.get(LambdaClient, inputs.region);
    const found = await orGone(client.send(new GetFunctionCommand({ FunctionName })));
    if (!found) return undefined;
    const held = found.Configuration!;
    const { Variables = {} } = held.Environment ?? {};
    const own = Object.entries(Variables).filter(([name]) => !(name in clients.settings.functionEnvironment));
    const { tags: _, code: __, ...rest } = fromAws(held);
    return {
      inputs: {
        ...rest,
        name: FunctionName,
        environment: { variables: Object.fromEntries(own) },
        tags: found.Tags ?? {},
      },
      outputs: {
        arn: held.FunctionArn,
        name: FunctionName,
        invokeArn: `arn:aws:apigateway:${inputs.region}:lambda:path/2015-03-31/functions/${held.FunctionArn}/invocations`,
      },
    };
  },
  async update(FunctionName, inputs, clients, before) {
    const client = clients.get(LambdaClient, inputs.region);
    const { FunctionArn: Resource } = await client.send(
      new UpdateFunctionConfigurationCommand(configurationOf(inputs, clients)),
    );
    await waitUntilFunctionUpdatedV2({ client, ...WAIT }, { FunctionName });
    const code = { ZipFile: zipOf(inputs.code), Architectures: inputs.architectures };
    await client.send(new UpdateFunctionCodeCommand({ FunctionName, ...code }));
    await waitUntilFunctionUpdatedV2({ client, ...WAIT }, { FunctionName });
    const TagKeys = tagsGone(before, inputs);
    if (TagKeys.length) await client.send(new UntagResourceCommand({ Resource, TagKeys }));
    if (inputs.tags) await client.send(new TagResourceCommand({ Resource, Tags: inputs.tags }));
  },
  async delete(FunctionName, inputs, clients) {
    await orGone(clients.get(LambdaClient, inputs.region).send(new DeleteFunctionCommand({ FunctionName })));
  },
};

const permission: Kind = {
  properties: ["action", "function", "principal", "sourceArn", "sourceAccount", "statementId"],
  named: "statementId",
  replaceOn: ["action", "function", "principal", "sourceArn", "sourceAccount", "statementId"],
  async create(inputs, clients) {
    const add = new AddPermissionCommand({ ...toAws(given(inputs, "function")), FunctionName: inputs.function });
    await clients.get(LambdaClient, inputs.region).send(add);
    return inputs.statementId;
  },
  async read(id, inputs, clients) {
    const get = new GetPolicyCommand({ FunctionName: inputs.function });
    const found = await orGone(clients.get(LambdaClient, inputs.region).send(get));
    const { Statement = [] } = JSON.parse(found?.Policy ?? "{}");
    const held = Statement.find(({ Sid }: { Sid: string }) => Sid === id);
    if (!held) return undefined;
    return {
      inputs: {
        action: held.Action,
        principal: held.Principal.Service ?? held.Principal.AWS,
        sourceArn: held.Condition?.ArnLike?.["AWS:SourceArn"],
        sourceAccount: held.Condition?.StringEquals?.["AWS:SourceAccount"],
        statementId: held.Sid,
      },
    };
  },
  async delete(StatementId, inputs, clients) {
    const remove = new RemovePermissionCommand({ FunctionName: inputs.function, StatementId });
    await orGone(clients.get(LambdaClient, inputs.region).send(remove));
  },
};

/** The function's name, of a name or an ARN. */
function nameOf(reference: string): string {
  return reference.startsWith("arn:") ? reference.split(":")[6]! : reference;
}

const eventSourceMapping: Kind = {
  properties: [
    ...["eventSourceArn", "functionName", "batchSize", "enabled", "functionResponseTypes", "scalingConfig"],
    ...["maximumBatchingWindowInSeconds", "tags"],
  ],
  replaceOn: ["eventSourceArn", "tags"],
  async create(inputs, clients) {
    const create = new CreateEventSourceMappingCommand(toAws(given(inputs, "tags")));
    if (inputs.tags) create.input.Tags = inputs.tags;
    return (await clients.get(LambdaClient, inputs.region).send(create)).UUID!;
  },
  async read(UUID, inputs, clients) {
    const get = new GetEventSourceMappingCommand({ UUID });
    const held = await orGone(clients.get(LambdaClient, inputs.region).send(get));
    if (!held) return undefined;
    const { tags: _, ...rest } = fromAws(held);
    const isSame = nameOf(inputs.functionName) === nameOf(held.FunctionArn!);
    return {
      inputs: {
        ...rest,
        enabled: held.State === "Enabled",
        functionName: isSame ? inputs.functionName : held.FunctionArn,
      },
      outputs: { uuid: UUID, functionArn: held.FunctionArn },
    };
  },
  async update(UUID, inputs, clients) {
    const update = new UpdateEventSourceMappingCommand({ UUID, ...toAws(given(inputs, "eventSourceArn", "tags")) });
    await clients.get(LambdaClient, inputs.region).send(update);
  },
  async delete(UUID, inputs, clients) {
    await orGone(clients.get(LambdaClient, inputs.region).send(new DeleteEventSourceMappingCommand({ UUID })));
  },
};

export const kinds: Record<string, Kind> = {
  "aws:lambda/function:Function": lambda,
  "aws:lambda/permission:Permission": permission,
  "aws:lambda/eventSourceMapping:EventSourceMapping": eventSourceMapping,
};
