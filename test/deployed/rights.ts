import assert from "node:assert/strict";
import {
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  SimulateCustomPolicyCommand,
} from "@aws-sdk/client-iam";
import { GetFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import type { ApiCall } from "./api-calls.js";
import type { Deployment } from "./deployment.js";
import { newUser, type User } from "./user.js";

export interface Statement {
  Sid: string;
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
}

/** A role and all that it is allowed. */
export interface Role {
  name: string;
  statements: Statement[];
}

export type Asked = Pick<ApiCall, "action" | "resource" | "context">;

/** The one policy that a role here has. */
export const POLICY = "least-privilege";

export function documentOf(statements: Statement[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

/** Calls that differ in caller, action or the kind of resource. */
export function distinct(calls: readonly ApiCall[]): ApiCall[] {
  const shape = ({ resource }: ApiCall) => resource.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\d{13,}/g, "*");
  return [...new Map(calls.map((call) => [`${call.caller} ${call.action} ${shape(call)}`, call])).values()];
}

/** What deployed roles are allowed, as ministack's evaluator of policies says. */
export class Rights {
  private readonly roles = new Map<string, Role>();
  private asker: User | undefined;

  constructor(private readonly deployment: Deployment) {}

  async ofFunction(functionName: string): Promise<Role> {
    const known = this.roles.get(functionName);
    if (known) return known;
    const region = /(\w+-\w+-\d)-\w+$/.exec(functionName)![1]!;
    const lambda = new LambdaClient({ ...this.deployment.ministack.client, region });
    const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: functionName }));
    const role = await this.of(Configuration!.Role!);
    this.roles.set(functionName, role);
    return role;
  }

  async of(roleArn: string): Promise<Role> {
    const iam = this.iam;
    const RoleName = roleArn.split("/").at(-1)!;
    const { AttachedPolicies } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
    assert.deepEqual(AttachedPolicies, []);
    assert.deepEqual((await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames, [POLICY]);
    const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: POLICY }));
    return { name: RoleName, statements: JSON.parse(decodeURIComponent(PolicyDocument!)).Statement };
  }

  async allow(statements: Statement[], asked: Asked): Promise<boolean> {
    const { action, resource } = asked;
    // ministack simulates without a context: what a condition is about is asked for by somebody who has these rights alone.
    if (action === "s3:ListBucket") return this.canList(statements, asked);
    const PolicyInputList = [documentOf(statements)];
    const simulate = new SimulateCustomPolicyCommand({
      PolicyInputList,
      ActionNames: [action],
      ResourceArns: [resource],
    });
    const { EvaluationResults } = await this.iam.send(simulate);
    return EvaluationResults![0]!.EvalDecision === "allowed";
  }

  /** What statements allow and none of the calls asked for: `<Sid> <action>`. */
  async unasked(statements: Statement[], calls: readonly ApiCall[]): Promise<string[]> {
    const unasked: string[] = [];
    for (const statement of statements) {
      for (const action of [statement.Action].flat()) {
        const asked = calls.filter((call) => call.action === action);
        const allowed = await Promise.all(asked.map((call) => this.allow([statement], call)));
        if (!allowed.includes(true)) unasked.push(`${statement.Sid} ${action}`);
      }
    }
    return unasked;
  }

  private get iam(): IAMClient {
    return new IAMClient(this.deployment.ministack.client);
  }

  private async canList(statements: Statement[], { resource, context }: Asked): Promise<boolean> {
    this.asker ??= await newUser(this.deployment, "asker");
    await this.asker.allow(documentOf(statements));
    const list = new ListObjectsV2Command({ Bucket: resource.split(":::")[1], Prefix: context["s3:prefix"] });
    return this.asker.s3.send(list).then(
      () => true,
      (error) => {
        assert.equal(error.name, "AccessDenied");
        return false;
      },
    );
  }
}
