/** One statement of an IAM policy, as small as it can be. */
export interface AllowStatement {
  Effect: "Allow";
  Action: string;
  Resource: string;
}

/** What is known of a call that AWS denied. */
export interface DeniedCall {
  /** The IAM action, e.g. `chime:PutVoiceConnectorStreamingConfiguration`. */
  action: string;
  region?: string;
  /** The call's input: it names the resource where AWS' message does not. */
  input?: object;
  /** What AWS said. */
  said?: string;
}

/** Who is denied what, as AWS words it: "User: … is not authorized to perform: … on resource: …". */
const DENIAL = /not authorized to perform: (?<action>[a-z0-9-]+:\w+)(?: on resource: (?<arn>arn:[^\s"]+))?/;
const CALLER = /arn:aws[a-z-]*:(?:iam|sts)::(\d{12}):/;

/** The resource of a call by the first of these properties that its input has. */
const byInput: Record<string, (value: string, place: { region: string; account: string }, input: Input) => string> = {
  VoiceConnectorId: (id, { region, account }) => `arn:aws:chime:${region}:${account}:vc/${id}`,
  ResourceARN: (arn) => arn,
  StreamARN: (arn) => arn,
  StreamName: (name, { region, account }) => `arn:aws:kinesisvideo:${region}:${account}:stream/${name}/*`,
  RoleArn: (arn) => arn,
  AWSServiceName: (principal, { account }) => `arn:aws:iam::${account}:role/aws-service-role/${principal}/*`,
  // IAM resolves a role by its name alone: a role that is not there has no path.
  RoleName: (name, { account }) => `arn:aws:iam::${account}:role/*${name}`,
  DeletionTaskId: (id, { account }) => `arn:aws:iam::${account}:role${/^task(\/.+)\/[^/]+$/.exec(id)?.[1] ?? "/*"}`,
  QueueUrl: (url, place) => queueArn(url, place),
  Bucket: (bucket, _place, { Key: key }) => `arn:aws:s3:::${bucket}${typeof key === "string" ? `/${key}` : ""}`,
};

type Input = Record<string, unknown>;

function queueArn(url: string, { region, account }: { region: string; account: string }): string {
  const [owner, name] = url.split("/").slice(-2);
  return `arn:aws:sqs:${region}:${/^\d{12}$/.test(owner ?? "") ? owner : account}:${name}`;
}

/**
 * The smallest policy statement that allows a call which was denied: the action and the resource that AWS names in its
 * message, else those of the call.
 */
export function allowStatement({ action, region = "*", input, said = "" }: DeniedCall): AllowStatement {
  const named = DENIAL.exec(said)?.groups ?? {};
  const account = CALLER.exec(said)?.[1] ?? "*";
  const resource = named.arn ?? resourceOf((input ?? {}) as Input, { region, account });
  return {
    Effect: "Allow",
    Action: named.action ?? action,
    // A full stop ends AWS' sentence, never an ARN of ours.
    Resource: resource.replace(/[.,]$/, ""),
  };
}

function resourceOf(input: Input, place: { region: string; account: string }): string {
  const [name, arnOf] = Object.entries(byInput).find(([property]) => typeof input[property] === "string") ?? [];
  return name && arnOf ? arnOf(String(input[name]), place, input) : "*";
}

/**
 * What to do about a denied call, in a sentence or two: the statement to allow it by, or what stands against it.
 * @returns ends without a full stop
 */
export function policyHint(call: DeniedCall): string {
  const statement = allowStatement(call);
  const against = /with an explicit deny in (an? [a-z -]+?policy|[a-z -]+)/.exec(call.said ?? "")?.[1];
  const isDenied = against ? `${against} denies it explicitly, which no other policy outweighs. Else allow` : "Allow";
  return `${isDenied} the action ${statement.Action} for these credentials: ${JSON.stringify(statement)}`;
}
