import * as pulumi from "@pulumi/pulumi";
import type { AssumeRole } from "../faults.js";
import { ownerOf } from "../owner.js";
import { type AssumeRoleArgs, assertProviderResolves, providerText, refuseProvider, withoutValues } from "../shim.js";
import { unlessSecret } from "../unless-secret.js";
import { argumentNames, type OnDeleteRole } from "./arguments.js";

/** Arguments of {@link ServiceLinkedRole}. */
export interface ServiceLinkedRoleArgs {
  /**
   * On destroy: delete the role unless another stack has claimed it or a Voice Connector or SIP media application of the
   * account, in any region, uses it; then it is kept, with a warning (`deleteWhenUnused`, default). Or do not look at who
   * uses it, and fail where IAM says that it is used (`delete`), or leave it as it is (`retain`).
   * A change takes an `up` to be recorded, which calls nothing.
   */
  onDelete?: pulumi.Input<OnDeleteRole>;
  /** How long IAM may take to delete the role, 1 to 3600 seconds. Default: 300. */
  deletionTimeoutSeconds?: pulumi.Input<number>;
  /** A profile of the AWS configuration files, instead of the stack's credentials. */
  profile?: pulumi.Input<string>;
  /** A role to assume with those credentials. */
  assumeRole?: pulumi.Input<AssumeRoleArgs>;
}

/**
 * The role `AWSServiceRoleForAmazonChimeVoiceConnector`, with which Chime writes call audio to Kinesis Video Streams. An
 * account has one, for all regions and connectors: where it is there already it is adopted.
 *
 * Each resource claims the role by a tag, so that of several stacks the last one that is destroyed removes it, and a rename
 * leaves it there. Without permission to tag (`iam:TagRole`) it works all the same, unprotected, and says so.
 *
 * The id is the role's ARN. Rests on IAM's CreateServiceLinkedRole, GetRole, DeleteServiceLinkedRole and
 * GetServiceLinkedRoleDeletionStatus (https://docs.aws.amazon.com/chime-sdk/latest/ag/using-service-linked-roles-stream.html).
 */
export class ServiceLinkedRole extends pulumi.CustomResource {
  declare readonly onDelete: pulumi.Output<OnDeleteRole>;
  declare readonly deletionTimeoutSeconds: pulumi.Output<number>;
  declare readonly profile: pulumi.Output<string | undefined>;
  declare readonly assumeRole: pulumi.Output<AssumeRole | undefined>;
  declare readonly arn: pulumi.Output<string>;
  declare readonly roleName: pulumi.Output<string>;
  declare readonly description: pulumi.Output<string | undefined>;
  /** When IAM made the role, ISO 8601. */
  declare readonly createDate: pulumi.Output<string>;
  /** Whether the role was there before this resource. */
  declare readonly adopted: pulumi.Output<boolean>;
  declare readonly accountId: pulumi.Output<string>;

  /** The type token, part of every URN. */
  static readonly type = "pulumi-nodejs:dynamic/chime:ServiceLinkedRole";

  constructor(name: string, args: ServiceLinkedRoleArgs = {}, options?: pulumi.CustomResourceOptions) {
    refuseProvider(options);
    assertProviderResolves("service-linked-role");
    super(
      ServiceLinkedRole.type,
      name,
      {
        ...withoutValues([...argumentNames, "arn", "roleName", "description", "createDate", "adopted", "accountId"]),
        ...args,
        // Hidden: the engine shows names with two underscores in no diff.
        __owner: unlessSecret(args ?? {}, name, ownerOf(name)),
        __provider: providerText("service-linked-role"),
      },
      // Created first, the replacement would adopt the role, which the deletion of the old resource then removes.
      { deleteBeforeReplace: true, ...options },
    );
  }
}
