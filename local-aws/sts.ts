import type { RoleSession } from "./accounts.js";
import { AwsError, type AwsRequest, type AwsService } from "./exchange.js";
import { queryService, requiredParameter } from "./query-service.js";
import { queryErrors } from "./service-errors.js";
import type { World } from "./world.js";
import type { XmlElements } from "./xml.js";

const NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";
const ROLE_ARN = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/;

/** STS: who is calling, and temporary credentials for any role that is named. */
export function stsService(world: World): AwsService {
  const roleResource = (parameters: URLSearchParams) => parameters.get("RoleArn") ?? "*";
  return queryService("sts", NAMESPACE, queryErrors(NAMESPACE, "InternalFailure"), {
    GetCallerIdentity: {
      run: (_parameters, { caller }) => ({ UserId: caller.userId, Account: caller.account.id, Arn: caller.arn }),
    },
    AssumeRole: { resource: roleResource, run: (parameters) => sessionElements(assume(world, parameters)) },
    AssumeRoleWithWebIdentity: {
      resource: roleResource,
      run: (parameters) => {
        requiredParameter(parameters, "WebIdentityToken");
        return {
          ...sessionElements(assume(world, parameters)),
          SubjectFromWebIdentityToken: "local",
          Provider: "local",
        };
      },
    },
  });
}

/** Web identities call without a signature: the token stands in for one. */
export function isWebIdentityRequest(request: Pick<AwsRequest, "body" | "method">): boolean {
  return request.method === "POST" && request.body.toString("latin1").includes("Action=AssumeRoleWithWebIdentity");
}

function assume(world: World, parameters: URLSearchParams): RoleSession {
  const roleArn = ROLE_ARN.exec(requiredParameter(parameters, "RoleArn"));
  if (!roleArn) throw new AwsError("ValidationError", 400, `${parameters.get("RoleArn")} is invalid`);
  const durationSeconds = Number(parameters.get("DurationSeconds") ?? 3600);
  if (!Number.isInteger(durationSeconds) || durationSeconds < 900 || durationSeconds > 43_200) {
    throw new AwsError("ValidationError", 400, "DurationSeconds must be 900 to 43200.");
  }
  const sessionName = requiredParameter(parameters, "RoleSessionName");
  return world.accounts.openSession(roleArn[1]!, roleArn[2]!, sessionName, durationSeconds);
}

function sessionElements(session: RoleSession): XmlElements {
  return {
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: `${new Date(session.expiresMs).toISOString().slice(0, 19)}Z`,
    },
    AssumedRoleUser: { AssumedRoleId: session.userId, Arn: session.arn },
  };
}
