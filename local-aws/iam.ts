import { AwsError, type AwsRequest, type AwsService } from "./exchange.js";
import { type QueryOperation, queryService, requiredParameter } from "./query-service.js";
import { roleTagOperations, tagElements } from "./role-tags.js";
import { queryErrors } from "./service-errors.js";
import {
  type DeletionTask,
  type ServiceLinkedRole,
  voiceConnectorPrincipal,
  voiceConnectorRoleName,
} from "./service-linked-role.js";
import type { World } from "./world.js";
import type { XmlElements } from "./xml.js";

const NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/";

/** IAM as far as service-linked roles go. It has one endpoint for all regions; clients sign for us-east-1. */
export function iamService(world: World): AwsService {
  const found = (parameters: URLSearchParams, request: AwsRequest) =>
    request.caller.account.serviceLinkedRoles.find(parameters.get("RoleName") ?? "");
  // A role that is not there is known by its name alone: no policy that names its path speaks of it.
  const byName: Pick<QueryOperation, "resource" | "resourceName"> = {
    resource: (parameters, request) =>
      found(parameters, request)?.arn ??
      `arn:aws:iam::${request.caller.account.id}:role/${parameters.get("RoleName") ?? ""}`,
    resourceName: (parameters, request) =>
      found(parameters, request) ? undefined : `role ${parameters.get("RoleName") ?? ""}`,
  };
  return queryService("iam", NAMESPACE, queryErrors(NAMESPACE, "ServiceFailure"), {
    CreateServiceLinkedRole: {
      resource: (parameters, request) => {
        const principal = parameters.get("AWSServiceName") ?? "";
        return `arn:aws:iam::${request.caller.account.id}:role/aws-service-role/${principal}/${roleNameFor(principal)}`;
      },
      conditions: (parameters) => ({ "iam:AWSServiceName": parameters.get("AWSServiceName") ?? "" }),
      run: (parameters, request) => create(world, parameters, request),
    },
    GetRole: {
      ...byName,
      run: (parameters, request) => ({ Role: roleElements(visibleRole(world, parameters, request)) }),
    },
    UpdateRoleDescription: {
      ...byName,
      run: (parameters, request) => {
        const role = visibleRole(world, parameters, request);
        role.description = parameters.get("Description") ?? "";
        return { Role: roleElements(role) };
      },
    },
    DeleteServiceLinkedRole: {
      ...byName,
      run: (parameters, request) => {
        const role = visibleRole(world, parameters, request);
        return { DeletionTaskId: request.caller.account.serviceLinkedRoles.beginDeletion(role).id };
      },
    },
    GetServiceLinkedRoleDeletionStatus: {
      resource: (parameters, request) => {
        const path = /^task(\/.+)\/[^/]+$/.exec(parameters.get("DeletionTaskId") ?? "")?.[1] ?? "/*";
        return `arn:aws:iam::${request.caller.account.id}:role${path}`;
      },
      run: deletionStatus,
    },
    ...roleTagOperations(byName, (parameters, request) => visibleRole(world, parameters, request)),
  });
}

function roleNameFor(principal: string): string {
  if (principal === voiceConnectorPrincipal) return voiceConnectorRoleName;
  const service = principal.split(".")[0] ?? "";
  return `AWSServiceRoleFor${service.charAt(0).toUpperCase()}${service.slice(1)}`;
}

function create(world: World, parameters: URLSearchParams, request: AwsRequest): XmlElements {
  const principal = requiredParameter(parameters, "AWSServiceName");
  if (!/^[a-z0-9.-]+\.amazonaws\.com$/.test(principal)) {
    throw new AwsError("InvalidInput", 400, `Service name ${principal} is not valid.`);
  }
  const suffix = parameters.get("CustomSuffix");
  if (suffix && principal === voiceConnectorPrincipal) {
    throw new AwsError("InvalidInput", 400, `Custom suffix is not allowed for ${principal}`);
  }
  const name = suffix ? `${roleNameFor(principal)}_${suffix}` : roleNameFor(principal);
  const roles = request.caller.account.serviceLinkedRoles;
  if (roles.find(name)) {
    throw new AwsError(
      "InvalidInput",
      400,
      `Service role name ${name} has been taken in this account, please try a different suffix.`,
    );
  }
  const propagationMs = world.faults.strike("rolePropagation", () => true)?.ms ?? 0;
  return {
    Role: roleElements(roles.create(name, principal, parameters.get("Description") ?? undefined, propagationMs)),
  };
}

function visibleRole(world: World, parameters: URLSearchParams, request: AwsRequest): ServiceLinkedRole {
  const name = requiredParameter(parameters, "RoleName");
  const role = request.caller.account.serviceLinkedRoles.find(name);
  if (!role || role.visibleFromMs > world.clock.nowMs()) {
    throw new AwsError("NoSuchEntity", 404, `The role with name ${name} cannot be found.`);
  }
  return role;
}

function roleElements(role: ServiceLinkedRole): XmlElements {
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: role.principal }, Action: "sts:AssumeRole" }],
  };
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: `${new Date(role.createdMs).toISOString().slice(0, 19)}Z`,
    AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(trust)),
    Description: role.description,
    MaxSessionDuration: 3600,
    ...(role.tags.size > 0 && tagElements(role)),
  };
}

function deletionStatus(parameters: URLSearchParams, request: AwsRequest): XmlElements {
  const id = requiredParameter(parameters, "DeletionTaskId");
  if (!/^task\/aws-service-role\/[^/]+\/[^/]+\/[0-9a-f-]{36}$/.test(id)) {
    throw new AwsError("InvalidInput", 400, `Invalid deletion task id: ${id}`);
  }
  const task = request.caller.account.serviceLinkedRoles.pollDeletion(id);
  if (!task) throw new AwsError("NoSuchEntity", 404, `Deletion task ${id} cannot be found.`);
  return { Status: task.status, Reason: task.status === "FAILED" ? failureReason(task) : undefined };
}

function failureReason(task: DeletionTask): XmlElements {
  return {
    Reason: `A service-linked role cannot be deleted while resources use it: ${task.roleName}.`,
    RoleUsageList: {
      member: task.usage.map((usage) => ({ Region: usage.region, Resources: { member: usage.resourceArns } })),
    },
  };
}
