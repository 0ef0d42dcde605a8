import assert from "node:assert/strict";
import { ACCOUNT_ID } from "../ministack.js";
import type { ApiCall } from "./api-calls.js";
import type { Deployment } from "./deployment.js";
import { speak } from "./recorded-call.js";
import { type Asked, distinct, documentOf, POLICY, Rights, type Statement } from "./rights.js";

/** What functions are allowed and do not ask for in these tests: `<function> <Sid> <action>`. */
const UNASKED: [pattern: RegExp, why: string][] = [
  [
    /^archive TakeEvents sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes)$/,
    "Lambda's poller asks, by the function's role",
  ],
  [/^\w+ WriteLogs /, "Lambda asks, by the function's role, for what a function prints"],
  [/^archive KeepRecordings s3:AbortMultipartUpload$/, "asked where an upload in parts, of over 5 MiB, fails half way"],
];

/** After all other proofs: of the calls that functions made in them. */
export function permissionProofs(deployed: () => Deployment): void {
  let rights: Rights;
  const nameOf = (arn: string) => arn.split(":").at(-1)!;

  before(() => {
    rights = new Rights(deployed());
  });

  it("no call of a function was refused", () => {
    const calls = deployed().apiCalls();
    assert.ok(calls.length > 100);
    assert.deepEqual(
      calls.filter(({ status }) => status === 401 || status === 403),
      [],
    );
  });

  it("every call that a function made is one that its role allows", async () => {
    const refused: ApiCall[] = [];
    for (const call of distinct(deployed().apiCalls())) {
      const { statements } = await rights.ofFunction(call.caller);
      if (!(await rights.allow(statements, call))) refused.push(call);
    }
    assert.deepEqual(refused, []);
  });

  it("every action that a statement allows is one that a function asked for", async () => {
    const { archive, reconcile } = deployed().outputs;
    const calls = distinct(deployed().apiCalls());
    for (const [kind, arn] of [
      ["archive", archive["us-east-1"]!],
      ["reconcile", reconcile["us-east-1"]!],
    ] as const) {
      const { statements } = await rights.ofFunction(nameOf(arn));
      const own = calls.filter(({ caller }) => caller === nameOf(arn));
      const unasked = (await rights.unasked(statements, own)).map((entry) => `${kind} ${entry}`);
      assert.deepEqual(
        unasked.filter((entry) => !UNASKED.some(([pattern]) => pattern.test(entry))),
        [],
      );
    }
  });

  it("what is another's is not allowed", async () => {
    const { outputs, connectors } = deployed();
    const bucket = `arn:aws:s3:::${outputs.bucket}`;
    const region = "us-east-1";
    const stream = (connector: string) =>
      `arn:aws:kinesisvideo:${region}:${ACCOUNT_ID}:stream/ChimeVoiceConnector-${connector}-1/1`;
    const strangers: Asked[] = [
      { action: "s3:GetObject", resource: `${bucket}/invoices/1.wav`, context: {} },
      { action: "s3:PutObject", resource: "arn:aws:s3:::other/recordings/1.wav", context: {} },
      { action: "s3:ListBucket", resource: bucket, context: { "s3:prefix": "invoices/" } },
      { action: "s3:ListBucket", resource: bucket, context: {} },
      { action: "s3:DeleteBucket", resource: bucket, context: {} },
      { action: "sqs:SendMessage", resource: `arn:aws:sqs:${region}:${ACCOUNT_ID}:other`, context: {} },
      { action: "kinesisvideo:GetMediaForFragmentList", resource: stream("zzzzzzzzzzzzzzzzzzzzzz"), context: {} },
      { action: "kinesisvideo:GetMediaForFragmentList", resource: stream(connectors["eu-central-1"]), context: {} },
      { action: "kinesisvideo:DeleteStream", resource: stream(connectors[region]), context: {} },
      { action: "kinesisvideo:GetMedia", resource: stream(connectors[region]), context: {} },
    ];
    for (const arn of [outputs.archive[region]!, outputs.reconcile[region]!]) {
      const { statements } = await rights.ofFunction(nameOf(arn));
      const ours = { action: "kinesisvideo:ListFragments", resource: stream(connectors[region]), context: {} };
      assert.equal(await rights.allow(statements, ours), true, "what is ours is");
      for (const asked of strangers) assert.equal(await rights.allow(statements, asked), false, JSON.stringify(asked));
    }
    // ListStreams takes no resource but `*`, and a simulation allows it on any: that the recorder has no such right is told by its text.
    const { statements: recorder } = await rights.ofFunction(nameOf(outputs.archive[region]!));
    const actions = recorder.flatMap(({ Action }) => Action);
    assert.deepEqual(
      actions.filter((action) => action.includes("*") || action.endsWith("ListStreams")),
      [],
    );
  });

  it("the rights are enforced here: one that is taken away is missed", async () => {
    const deployment = deployed();
    const region = "us-east-1";
    const { name, statements } = await rights.ofFunction(nameOf(deployment.outputs.archive[region]!));
    const put = (held: Statement[]) => {
      const policy = ["--policy-name", POLICY, "--policy-document", documentOf(held)];
      return deployment.cli("iam", "put-role-policy", "--role-name", name, ...policy);
    };
    await put(statements.filter(({ Sid }) => Sid !== "KeepRecordings"));
    deployment.chime.control.addFault({ kind: "loseEvent", streamingStatus: "ENDED" });
    await speak(deployment, region);
    await deployment.deliverEvents();
    const isRefused = ({ action, status }: ApiCall) => action === "s3:PutObject" && status === 403;
    await deployment.until("a call is refused", async () => deployment.apiCalls().some(isRefused));
    await put(statements);
    await deployment.settled(region);
    assert.equal(Object.keys(await deployment.objects()).filter((key) => key.startsWith("marks/")).length, 2);
  });
}
