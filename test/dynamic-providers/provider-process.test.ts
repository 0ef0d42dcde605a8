import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ChimeSDKVoiceClient, CreateVoiceConnectorCommand } from "@aws-sdk/client-chime-sdk-voice";
import { credentials as channel, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import * as messages from "@pulumi/pulumi/proto/provider_pb.js";
import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { providerText } from "../../dynamic-providers/shim.js";
import { type LocalAws, startLocalAws } from "../../local-aws/index.js";

const repository = join(__dirname, "..", "..");

/** The process that the engine starts for dynamic providers, of one version of the SDK. */
class ProviderProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly client: ResourceProviderClient,
  ) {}

  static async start(sdk: string, env: Record<string, string>): Promise<ProviderProcess> {
    const main = require.resolve(`${sdk}/cmd/dynamic-provider`);
    const child = spawn(process.execPath, [main, "127.0.0.1:1"], {
      cwd: repository,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [port] = await once(createInterface({ input: child.stdout! }), "line");
    return new ProviderProcess(child, new ResourceProviderClient(`127.0.0.1:${port}`, channel.createInsecure()));
  }

  // biome-ignore lint/suspicious/noExplicitAny: the generated clients have no common call signature
  call<Response>(method: keyof ResourceProviderClient, request: any): Promise<Response> {
    return new Promise((resolve, reject) => {
      // biome-ignore lint/suspicious/noExplicitAny: see above
      (this.client as any)[method](request, (error: ServiceError | null, response: Response) =>
        error ? reject(error) : resolve(response),
      );
    });
  }

  async stop(): Promise<void> {
    this.client.close();
    this.child.kill();
    await once(this.child, "exit");
  }
}

const struct = (value: object) => Struct.fromJavaScript(value as Parameters<typeof Struct.fromJavaScript>[0]);

for (const sdk of ["pulumi-oldest", "@pulumi/pulumi"]) {
  const version = require(`${sdk}/package.json`).version;

  describe(`the text in state, in the provider process of @pulumi/pulumi ${version}`, () => {
    let aws: LocalAws;
    let provider: ProviderProcess;
    let voiceConnectorId: string;

    before(async () => {
      aws = await startLocalAws();
      provider = await ProviderProcess.start(sdk, aws.env);
      const chime = new ChimeSDKVoiceClient({
        region: "eu-west-2",
        endpoint: aws.endpoint,
        credentials: { accessKeyId: "AKIATEST", secretAccessKey: "test" },
      });
      const made = await chime.send(new CreateVoiceConnectorCommand({ Name: "office", RequireEncryption: false }));
      voiceConnectorId = made.VoiceConnector?.VoiceConnectorId ?? "";
    });
    after(async () => {
      await provider.stop();
      await aws.close();
    });

    it("checks, creates, reads, updates and deletes, configured by the stack", async () => {
      const configure = new messages.ConfigureRequest();
      configure.setArgs(struct({ "aws:region": "eu-west-2" }));
      await provider.call("configure", configure);

      const check = new messages.CheckRequest();
      check.setOlds(struct({}));
      const __provider = providerText("streaming-configuration");
      check.setNews(struct({ voiceConnectorId, dataRetentionInHours: 24, __provider }));
      const checked = await provider.call<messages.CheckResponse>("check", check);
      assert.deepEqual(checked.getFailuresList(), []);
      const inputs = checked.getInputs()?.toJavaScript() ?? {};
      assert.equal(inputs.region, "eu-west-2");

      const create = new messages.CreateRequest();
      create.setProperties(struct(inputs));
      const created = await provider.call<messages.CreateResponse>("create", create);
      assert.equal(created.getId(), `eu-west-2/${voiceConnectorId}`);
      const state = created.getProperties()?.toJavaScript() ?? {};
      assert.equal(state.__provider, __provider, "every later operation finds the provider");

      const update = new messages.UpdateRequest();
      update.setId(created.getId());
      update.setOlds(struct(state));
      update.setNews(struct({ ...inputs, dataRetentionInHours: 48 }));
      await provider.call("update", update);

      const read = new messages.ReadRequest();
      read.setId(created.getId());
      read.setProperties(struct(state));
      const found = await provider.call<messages.ReadResponse>("read", read);
      assert.equal(found.getProperties()?.toJavaScript().dataRetentionInHours, 48);
      assert.equal(found.getInputs()?.toJavaScript().dataRetentionInHours, 48, "drift is named in the diff");

      const remove = new messages.DeleteRequest();
      remove.setId(created.getId());
      remove.setProperties(struct(state));
      await provider.call("delete", remove);
      const gone = await provider.call<messages.ReadResponse>("read", read);
      assert.equal(gone.getId(), "");
    });
  });
}

describe("the text in state", () => {
  it("is the same constant for every release, and names a path that the package exports", () => {
    const { exports } = require(join(repository, "package.json"));
    for (const name of ["streaming-configuration", "service-linked-role"] as const) {
      assert.equal(
        providerText(name),
        `exports.handler=()=>require("module").createRequire(process.cwd()+"/")("pulumi-chime-voice-streaming/dynamic-providers/${name}")`,
      );
      assert.ok(exports[`./dynamic-providers/${name}`], name);
    }
  });
});
