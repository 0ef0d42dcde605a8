import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { cleanEnvironment } from "../../engine/clean-environment.js";
import type { Deployment } from "./deployment.js";
import { documentOf, type Role } from "./rights.js";
import { newUser } from "./user.js";

const BUNDLE = join(__dirname, "..", "..", "dist", "bundles", "worker", "worker.js");

/** A container as its definition says. */
interface ContainerDefinition {
  environment: { name: string; value: string }[];
  mountPoints: { containerPath: string }[];
}

/** A process that stands for a task. */
export interface LiveTask {
  output(): string;
  /** What it asked of the ECS agent: whether it is to be protected, in order. */
  protections(): boolean[];
  /** Runs the container's health check. @returns its exit code */
  checkHealth(): Promise<number>;
  /** As ECS does it: SIGTERM. @returns the exit code */
  stop(): Promise<number>;
  kill(): void;
}

/**
 * Starts the worker's bundle with a container's environment, its volume in `folder`, and the rights of the task's role, which
 * ministack enforces.
 */
export async function startTask(
  deployment: Deployment,
  container: ContainerDefinition,
  role: Role,
  folder: string,
): Promise<LiveTask> {
  const agent = await startAgent();
  const user = await newUser(deployment, `task-${agent.port}`);
  await user.allow(documentOf(role.statements));
  const volume = container.mountPoints[0]!.containerPath;
  const variables = container.environment.map(({ name, value }) => [
    name,
    value.startsWith(`${volume}/`) || value === volume ? folder + value.slice(volume.length) : value,
  ]);
  const env = {
    ...cleanEnvironment(),
    ...Object.fromEntries(variables),
    ...deployment.given,
    ...user.env,
    ECS_AGENT_URI: agent.uri,
    TMPDIR: folder,
  };
  const run = (...args: string[]) =>
    spawn(process.execPath, [BUNDLE, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  const exitOf = (child: ReturnType<typeof run>) =>
    new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? -1)));
  const child = run();
  const ended = exitOf(child).finally(() => agent.close());
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return {
    output: () => output,
    protections: agent.protections,
    checkHealth: () => exitOf(run("--check-health")),
    stop: () => {
      child.kill("SIGTERM");
      return ended;
    },
    kill: () => child.kill("SIGKILL"),
  };
}

/** The ECS agent's endpoint for task protection: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html */
async function startAgent() {
  const asked: boolean[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    if (request.method !== "PUT" || request.url !== "/agent/task-protection/v1/state") {
      response.writeHead(404).end();
      return;
    }
    const { ProtectionEnabled } = JSON.parse(body);
    asked.push(ProtectionEnabled);
    const TaskArn = "arn:aws:ecs:us-east-1:123456789012:task/calls/0123456789abcdef0123456789abcdef";
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ protection: { ProtectionEnabled, TaskArn } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    uri: `http://127.0.0.1:${port}/agent`,
    protections: () => [...asked],
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
