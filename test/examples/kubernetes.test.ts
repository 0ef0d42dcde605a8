import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { z } from "zod";
import { parseWorkerConfig } from "../../consumer/queue/worker-config.js";

const { loadAll } = createRequire(__filename)("js-yaml") as { loadAll(text: string): unknown[] };

const folder = join(__dirname, "..", "..", "examples", "kubernetes");
const documentsIn = (file: string) => loadAll(readFileSync(join(folder, file), "utf8"));

// As the API servers have them, with the fields that are used here: one that is misspelt would be ignored there.
const name = z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
const labels = z.record(z.string(), z.string());
const metadata = z.strictObject({ name, labels: labels.optional(), annotations: labels.optional() });
const selector = z.strictObject({ matchLabels: labels });
const seconds = z.number().int().min(0);

const serviceAccount = z.strictObject({ apiVersion: z.literal("v1"), kind: z.literal("ServiceAccount"), metadata });

const container = z.strictObject({
  name,
  image: z.string(),
  env: z.array(z.strictObject({ name: z.string().regex(/^[A-Z_]+$/), value: z.string() })),
  resources: z.strictObject({ requests: labels, limits: labels }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal("ALL")]) }),
  }),
  livenessProbe: z.strictObject({
    exec: z.strictObject({ command: z.array(z.string()) }),
    initialDelaySeconds: seconds,
    periodSeconds: seconds,
    timeoutSeconds: seconds,
    failureThreshold: seconds,
  }),
  volumeMounts: z.array(z.strictObject({ name, mountPath: z.string() })),
});

const deployment = z.strictObject({
  apiVersion: z.literal("apps/v1"),
  kind: z.literal("Deployment"),
  metadata,
  spec: z.strictObject({
    selector,
    strategy: z.strictObject({
      type: z.literal("RollingUpdate"),
      rollingUpdate: z.strictObject({ maxSurge: z.number(), maxUnavailable: z.number() }),
    }),
    template: z.strictObject({
      metadata: z.strictObject({ labels }),
      spec: z.strictObject({
        serviceAccountName: name,
        terminationGracePeriodSeconds: seconds,
        securityContext: z.strictObject({
          runAsNonRoot: z.literal(true),
          runAsUser: z.number().int().min(1),
          runAsGroup: z.number().int().min(1),
          fsGroup: z.number().int().min(1),
          seccompProfile: z.strictObject({ type: z.literal("RuntimeDefault") }),
        }),
        containers: z.tuple([container]),
        volumes: z.array(z.strictObject({ name, emptyDir: z.strictObject({ sizeLimit: z.string() }) })),
      }),
    }),
  }),
});

const disruptionBudget = z.strictObject({
  apiVersion: z.literal("policy/v1"),
  kind: z.literal("PodDisruptionBudget"),
  metadata,
  spec: z.strictObject({ maxUnavailable: z.number(), selector }),
});

const authentication = z.strictObject({
  apiVersion: z.literal("keda.sh/v1alpha1"),
  kind: z.literal("TriggerAuthentication"),
  metadata,
  spec: z.strictObject({ podIdentity: z.strictObject({ provider: z.literal("aws") }) }),
});

const scaledObject = z.strictObject({
  apiVersion: z.literal("keda.sh/v1alpha1"),
  kind: z.literal("ScaledObject"),
  metadata,
  spec: z.strictObject({
    scaleTargetRef: z.strictObject({ name }),
    pollingInterval: seconds,
    minReplicaCount: seconds,
    maxReplicaCount: seconds,
    advanced: z.strictObject({
      horizontalPodAutoscalerConfig: z.strictObject({
        behavior: z.strictObject({
          scaleUp: z.strictObject({ stabilizationWindowSeconds: seconds }),
          scaleDown: z.strictObject({
            stabilizationWindowSeconds: seconds.max(3_600),
            policies: z.array(
              z.strictObject({ type: z.literal("Pods"), value: z.number(), periodSeconds: seconds.max(1_800) }),
            ),
          }),
        }),
      }),
    }),
    triggers: z.tuple([
      z.strictObject({
        type: z.literal("aws-sqs-queue"),
        authenticationRef: z.strictObject({ name }),
        // KEDA takes text alone.
        metadata: z.strictObject({
          queueURL: z.string(),
          awsRegion: z.string(),
          queueLength: z.string().regex(/^\d+$/),
          scaleOnInFlight: z.literal("true"),
          scaleOnDelayed: z.literal("true"),
        }),
      }),
    ]),
  }),
});

describe("examples/kubernetes", () => {
  const [account, worker, budget] = z
    .tuple([serviceAccount, deployment, disruptionBudget])
    .parse(documentsIn("worker.yaml"));
  const [trigger, scaling] = z.tuple([authentication, scaledObject]).parse(documentsIn("scaling.yaml"));
  const pod = worker.spec.template;
  const [program] = pod.spec.containers;
  const filledIn = (text: string) => text.replaceAll("<region>", "us-east-1").replace(/<[a-z]+>/g, "something");
  const environment = Object.fromEntries(program.env.map((variable) => [variable.name, filledIn(variable.value)]));

  it("gives the worker an environment that it takes, as a live worker", () => {
    const config = parseWorkerConfig(environment);
    assert.equal(config.mode, "live");
    assert.equal(config.region, "us-east-1");
    assert.equal(config.queueUrl, filledIn(scaling.spec.triggers[0].metadata.queueURL));
  });

  it("names what belongs together alike", () => {
    assert.equal(pod.spec.serviceAccountName, account.metadata.name);
    assert.deepEqual(worker.spec.selector.matchLabels, pod.metadata.labels);
    assert.deepEqual(budget.spec.selector.matchLabels, pod.metadata.labels);
    assert.equal(scaling.spec.scaleTargetRef.name, worker.metadata.name);
    assert.equal(scaling.spec.triggers[0].authenticationRef.name, trigger.metadata.name);
  });

  it("leaves the worker its grace, and time to hand back what is left then", () => {
    const { shutdownGraceMs } = parseWorkerConfig(environment);
    assert(pod.spec.terminationGracePeriodSeconds * 1000 >= shutdownGraceMs + 10_000);
  });

  it("has a folder for all that is written, and a user that is not root", () => {
    const { SPOOL_DIRECTORY, HEALTH_FILE } = environment;
    const mounted = program.volumeMounts.find(({ mountPath }) => mountPath === SPOOL_DIRECTORY);
    assert(mounted && HEALTH_FILE!.startsWith(`${SPOOL_DIRECTORY}/`));
    assert(pod.spec.volumes.some((volume) => volume.name === mounted.name));
    const dockerfile = readFileSync(join(folder, "..", "..", "consumer", "Dockerfile"), "utf8");
    const { runAsUser, runAsGroup, fsGroup } = pod.spec.securityContext;
    assert.match(dockerfile, new RegExp(`^USER ${runAsUser}:${runAsGroup}$`, "m"));
    assert.equal(fsGroup, runAsGroup);
    assert(dockerfile.includes(`VOLUME ["${SPOOL_DIRECTORY}"]`));
  });

  it("asks the worker for its health as the image does", () => {
    const dockerfile = readFileSync(join(folder, "..", "..", "consumer", "Dockerfile"), "utf8");
    const asked = /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(dockerfile)?.[1];
    assert.deepEqual(program.livenessProbe.exec.command, JSON.parse(asked!));
  });

  it("scales before a pod has as many legs as it takes", () => {
    const { concurrency } = parseWorkerConfig(environment);
    assert(Number(scaling.spec.triggers[0].metadata.queueLength) < concurrency);
    assert(scaling.spec.minReplicaCount >= 1 && scaling.spec.minReplicaCount < scaling.spec.maxReplicaCount);
  });
});
