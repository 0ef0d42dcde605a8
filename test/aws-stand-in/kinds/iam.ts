import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from "@aws-sdk/client-iam";
import type { Clients } from "../clients.js";
import { type Inputs, type Kind, orGone, tagList, tagMap, tagsGone } from "../kind.js";

const role: Kind = {
  properties: ["name", "path", "assumeRolePolicy", "description", "maxSessionDuration", "permissionsBoundary", "tags"],
  named: "name",
  replaceOn: ["name", "path", "permissionsBoundary"],
  async create(inputs, clients) {
    await clients.get(IAMClient).send(
      new CreateRoleCommand({
        RoleName: inputs.name,
        Path: inputs.path,
        AssumeRolePolicyDocument: inputs.assumeRolePolicy,
        Description: inputs.description,
        MaxSessionDuration: inputs.maxSessionDuration,
        PermissionsBoundary: inputs.permissionsBoundary,
        Tags: tagList(inputs.tags),
      }),
    );
    return inputs.name;
  },
  async read(RoleName, _inputs, clients) {
    const found = await orGone(clients.get(IAMClient).send(new GetRoleCommand({ RoleName })), "NoSuchEntityException");
    if (!found?.Role) return undefined;
    const { Arn, Path, AssumeRolePolicyDocument, Description, MaxSessionDuration, Tags, RoleId } = found.Role;
    return {
      inputs: {
        name: RoleName,
        path: Path,
        assumeRolePolicy: decodeURIComponent(AssumeRolePolicyDocument!),
        description: Description,
        maxSessionDuration: MaxSessionDuration,
        permissionsBoundary: found.Role.PermissionsBoundary?.PermissionsBoundaryArn,
        tags: tagMap(Tags),
      },
      outputs: { name: RoleName, arn: Arn, uniqueId: RoleId },
    };
  },
  async update(RoleName, inputs, clients, before) {
    const iam = clients.get(IAMClient);
    const { description: Description, maxSessionDuration: MaxSessionDuration } = inputs;
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: inputs.assumeRolePolicy }));
    await iam.send(new UpdateRoleCommand({ RoleName, Description, MaxSessionDuration }));
    const TagKeys = tagsGone(before, inputs);
    if (TagKeys.length) await iam.send(new UntagRoleCommand({ RoleName, TagKeys }));
    if (inputs.tags) await iam.send(new TagRoleCommand({ RoleName, Tags: tagList(inputs.tags) }));
  },
  async delete(RoleName, _inputs, clients) {
    await orGone(clients.get(IAMClient).send(new DeleteRoleCommand({ RoleName })), "NoSuchEntityException");
  },
};

async function putRolePolicy(inputs: Inputs, clients: Clients): Promise<void> {
  const { role: RoleName, name: PolicyName, policy: PolicyDocument } = inputs;
  await clients.get(IAMClient).send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
}

const rolePolicy: Kind = {
  properties: ["name", "role", "policy"],
  named: "name",
  replaceOn: ["name", "role"],
  async create(inputs, clients) {
    await putRolePolicy(inputs, clients);
    return `${inputs.role}:${inputs.name}`;
  },
  async read(id, _inputs, clients) {
    const [RoleName, PolicyName] = id.split(":");
    const get = new GetRolePolicyCommand({ RoleName, PolicyName });
    const found = await orGone(clients.get(IAMClient).send(get), "NoSuchEntityException");
    if (!found) return undefined;
    return { inputs: { name: PolicyName, role: RoleName, policy: decodeURIComponent(found.PolicyDocument!) } };
  },
  update: (_id, inputs, clients) => putRolePolicy(inputs, clients),
  async delete(id, _inputs, clients) {
    const [RoleName, PolicyName] = id.split(":");
    const remove = new DeleteRolePolicyCommand({ RoleName, PolicyName });
    await orGone(clients.get(IAMClient).send(remove), "NoSuchEntityException");
  },
};

export const kinds: Record<string, Kind> = {
  "aws:iam/role:Role": role,
  "aws:iam/rolePolicy:RolePolicy": rolePolicy,
};
