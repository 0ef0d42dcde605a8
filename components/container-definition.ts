/** What the task definition of the live worker says of its one container; `consumer/Dockerfile` makes the image. */
export const CONTAINER_NAME = "worker";
export const SPOOL_VOLUME = "spool";
const SPOOL_DIRECTORY = "/spool";

/** ECS kills a task that has not stopped by then, and allows no more. */
const STOP_TIMEOUT_SECONDS = 120;
/** What the worker takes of it, so that its messages are handed back in time. */
const SHUTDOWN_GRACE_SECONDS = 105;

export interface ContainerFacts {
  image: string;
  environment: Record<string, string>;
  logGroup: string;
  region: string;
  legsPerTask: number;
  visibilityTimeoutSeconds: number;
}

/** JSON, as ECS takes it. */
export function containerDefinitions(facts: ContainerFacts): string {
  const environment: Record<string, string> = {
    ...facts.environment,
    AWS_REGION: facts.region,
    CONCURRENCY: String(facts.legsPerTask),
    VISIBILITY_TIMEOUT_SECONDS: String(facts.visibilityTimeoutSeconds),
    SHUTDOWN_GRACE_SECONDS: String(SHUTDOWN_GRACE_SECONDS),
    SPOOL_DIRECTORY,
    HEALTH_FILE: `${SPOOL_DIRECTORY}/healthy`,
  };
  return JSON.stringify([
    {
      name: CONTAINER_NAME,
      image: facts.image,
      essential: true,
      readonlyRootFilesystem: true,
      linuxParameters: { capabilities: { drop: ["ALL"] } },
      stopTimeout: STOP_TIMEOUT_SECONDS,
      // In the order of names, so that ECS and the program have the same text.
      environment: Object.keys(environment)
        .sort()
        .map((name) => ({ name, value: environment[name] })),
      mountPoints: [{ sourceVolume: SPOOL_VOLUME, containerPath: SPOOL_DIRECTORY, readOnly: false }],
      healthCheck: {
        command: ["CMD", "node", "/app/worker.js", "--check-health"],
        interval: 30,
        timeout: 10,
        retries: 3,
        startPeriod: 60,
      },
      logConfiguration: {
        logDriver: "awslogs",
        options: {
          "awslogs-group": facts.logGroup,
          "awslogs-region": facts.region,
          "awslogs-stream-prefix": "live",
          // Calls go on where logs cannot be written.
          mode: "non-blocking",
          "max-buffer-size": "25m",
        },
      },
    },
  ]);
}
