// A stand-in for pulumi-language-nodejs on machines where only the engine could be built: its module is not published.
// It implements the calls of Pulumi's LanguageRuntime protocol (proto/pulumi/language.proto) that up, preview, refresh
// and destroy make, and runs the program with the SDK's own entry point. Never shipped, never preferred to the official one.
const { spawn } = require("node:child_process");
const { createRequire } = require("node:module");
const { join } = require("node:path");

const EXITED_AFTER_LOGGING = 32; // the SDK's exit code for "the user has been told already"

const projectRequire = createRequire(join(process.cwd(), "/"));
const sdk = createRequire(projectRequire.resolve("@pulumi/pulumi/package.json"));
const grpc = sdk("@grpc/grpc-js");
const { LanguageRuntimeService } = sdk("./proto/language_grpc_pb.js");
const language = sdk("./proto/language_pb.js");
const { PluginInfo } = sdk("./proto/plugin_pb.js");
const { Empty } = sdk("google-protobuf/google/protobuf/empty_pb.js");

const engineAddress = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
const programs = new Set();

function run(call, callback) {
  const request = call.request;
  const info = request.getInfo();
  const directory = info?.getProgramDirectory() || request.getPwd();
  const config = Object.fromEntries(request.getConfigMap().entries());
  const program = spawn(
    process.execPath,
    [
      sdk.resolve("./cmd/run"),
      `--monitor=${request.getMonitorAddress()}`,
      `--engine=${engineAddress}`,
      `--organization=${request.getOrganization()}`,
      `--project=${request.getProject()}`,
      `--root-directory=${info?.getRootDirectory() ?? directory}`,
      `--stack=${request.getStack()}`,
      `--pwd=${directory}`,
      `--parallel=${request.getParallel()}`,
      ...(request.getDryrun() ? ["--dry-run"] : []),
      info?.getEntryPoint() || ".",
      ...request.getArgsList(),
    ],
    {
      cwd: directory,
      stdio: ["ignore", "inherit", "inherit"],
      env: {
        ...process.env,
        PULUMI_NODEJS_TYPESCRIPT: "true",
        PULUMI_CONFIG: JSON.stringify(config),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
      },
    },
  );
  programs.add(program);
  program.on("error", (error) => callback(error));
  program.on("exit", (code, signal) => {
    programs.delete(program);
    const response = new language.RunResponse();
    if (code === EXITED_AFTER_LOGGING) response.setBail(true);
    else if (code !== 0) response.setError(`the program ended with ${signal ?? `exit code ${code}`}`);
    callback(null, response);
  });
}

function pluginInfo(_call, callback) {
  const info = new PluginInfo();
  info.setVersion(sdk("./package.json").version);
  callback(null, info);
}

const unimplemented = (_call, callback) => callback({ code: grpc.status.UNIMPLEMENTED });
const implementation = Object.fromEntries(Object.keys(LanguageRuntimeService).map((name) => [name, unimplemented]));
Object.assign(implementation, {
  run,
  getPluginInfo: pluginInfo,
  getRequiredPlugins: (_call, callback) => callback(null, new language.GetRequiredPluginsResponse()),
  getRequiredPackages: (_call, callback) => callback(null, new language.GetRequiredPackagesResponse()),
  runtimeOptionsPrompts: (_call, callback) => callback(null, new language.RuntimeOptionsResponse()),
  cancel: (_call, callback) => {
    for (const program of programs) program.kill();
    callback(null, new Empty());
  },
});

// A killed engine cannot say goodbye.
const engineProcess = process.ppid;
setInterval(() => {
  if (process.ppid !== engineProcess) process.exit();
}, 1_000).unref();

const server = new grpc.Server();
server.addService(LanguageRuntimeService, implementation);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
