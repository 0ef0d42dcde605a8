import * as pulumi from "@pulumi/pulumi";
import type { AssumeRole } from "../faults.js";
import { type AssumeRoleArgs, assertProviderResolves, providerText, refuseProvider, withoutValues } from "../shim.js";
import { argumentNames, type OnDeleteRole } from "./arguments.js";

/** Arguments of {@link ServiceLinkedRole}. */
export interface ServiceLinkedRoleArgs {
  /**
   * On destroy: delete the role unless a Voice Connector of the account, in any region, still streams; then it is kept, with
   * a message (`deleteWhenUnused`, default). Or fail while it is used (`delete`), or leave it (`retain`).
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
        ...withoutValues([...argumentNames, "arn", "roleName", "createDate", "adopted", "accountId"]),
        ...args,
        __provider: providerText("service-linked-role"),
      },
      // Created first, the replacement would adopt the role, which the deletion of the old resource then removes.
      { deleteBeforeReplace: true, ...options },
    );
  }
}
