import type { CallLog } from "./call-log.js";
import { AwsError, type AwsReply, type AwsRequest, type AwsService, type Operation } from "./exchange.js";
import { coversAction } from "./faults.js";
import { allows } from "./policy.js";
import { commonError } from "./service-errors.js";
import type { World } from "./world.js";

/** What to do with a request: answer it, or break the connection (`undefined`). */
export type Outcome = AwsReply | undefined;

/** Finds the call that a request makes, puts the faults in force before it, carries it out and logs it. */
export class Dispatcher {
  constructor(
    private readonly world: World,
    private readonly services: ReadonlyMap<string, AwsService>,
    private readonly log: CallLog,
  ) {}

  async dispatch(request: AwsRequest): Promise<Outcome> {
    const service = this.services.get(request.service);
    if (!service) {
      return { status: 501, body: `local-aws has no service with the signing name ${request.service}.\n` };
    }
    request.caller.account.serviceLinkedRoles.settle();
    let action = `${service.actionPrefix}:?`;
    let resource = "*";
    let outcome: Outcome;
    try {
      const operation = service.operationOf(request);
      if (!operation)
        throw new AwsError("UnsupportedOperation", 501, `local-aws does not know ${request.method} ${request.path}.`);
      action = `${service.actionPrefix}:${operation.name}`;
      resource = operation.resource;
      outcome = await this.carryOut(service, operation, request);
    } catch (error) {
      outcome = service.errors.render(this.asAwsError(error, service), request.requestId);
    }
    this.log.add({
      action,
      region: request.region,
      resource,
      at: new Date(this.world.clock.nowMs()).toISOString(),
      status: outcome?.status ?? 0,
      accessKeyId: request.caller.accessKeyId,
    });
    return outcome;
  }

  private async carryOut(service: AwsService, operation: Operation, request: AwsRequest): Promise<Outcome> {
    const { faults, clock } = this.world;
    const called = `${service.actionPrefix}:${operation.name}`;
    const permission = `${service.actionPrefix}:${operation.iamAction ?? operation.name}`;
    const fits = (fault: { actions: string[]; region?: string; resource?: string; accessKeyId?: string }) =>
      (coversAction(fault.actions, called) || coversAction(fault.actions, permission)) &&
      (fault.region === undefined || fault.region === request.region) &&
      (fault.resource === undefined || operation.resource.includes(fault.resource)) &&
      (fault.accessKeyId === undefined || fault.accessKeyId === request.caller.accessKeyId);

    const latency = faults.strike("latency", fits);
    if (latency) await clock.wait(latency.ms, request.signal);
    if (faults.strike("deny", fits) || this.isOutsidePolicy(permission, operation, request)) {
      const resource = operation.resourceName ?? operation.resource;
      const text = `User: ${request.caller.arn} is not authorized to perform: ${permission} on resource: ${resource}`;
      throw commonError(service.errors, "accessDenied", text);
    }
    if (faults.strike("throttle", fits)) throw commonError(service.errors, "throttled", "Rate exceeded");
    if (faults.strike("failure", fits)) throw commonError(service.errors, "failure", "Internal failure");
    const named = faults.strike("error", fits);
    if (named) throw new AwsError(named.code, named.httpStatus, named.message);
    const reply = await operation.run();
    return faults.strike("lostAnswer", fits) ? undefined : reply;
  }

  private isOutsidePolicy(action: string, { resource, conditions = {} }: Operation, request: AwsRequest): boolean {
    // It needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    if (action === "sts:GetCallerIdentity") return false;
    const context = { "aws:RequestedRegion": request.region, ...conditions };
    const policy = this.world.faults.strike(
      "policy",
      ({ document, accessKeyId, region }) =>
        (accessKeyId === undefined || accessKeyId === request.caller.accessKeyId) &&
        (region === undefined || region === request.region) &&
        !allows(document, { action, resource, context }),
    );
    return policy !== undefined;
  }

  private asAwsError(error: unknown, service: AwsService): AwsError {
    if (error instanceof AwsError) return error;
    // A defect of local-aws itself: told as such, not dressed up as the service's own failure.
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return commonError(service.errors, "failure", `local-aws failed: ${text}`);
  }
}
