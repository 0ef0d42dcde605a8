/** Bytes of one hour of a leg: 8,000 samples of two bytes a second. */
const LEG_HOUR = 8_000 * 2 * 3_600;
const STEREO_HOUR = 2 * LEG_HOUR;
const MIB = 1024 * 1024;
/** A call longer than expected, and what an invocation that was cut off left behind. */
const MARGIN = 1.25;

export const LAMBDA_TIMEOUT_SECONDS = 900;
/** AWS asks for six times the timeout: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
export const ARCHIVE_VISIBILITY_SECONDS = 6 * LAMBDA_TIMEOUT_SECONDS;
/** The worker renews it for as long as it reads. */
export const LIVE_VISIBILITY_SECONDS = 60;

export const LARGEST_LAMBDA_STORAGE_MB = 10_240;
const SMALLEST_LAMBDA_STORAGE_MB = 512;

/** MB of /tmp for one leg and, with `stereo`, the call's file beside it. */
export function lambdaStorageMb(maxCallHours: number, stereo: boolean): number {
  const perHour = LEG_HOUR + (stereo ? STEREO_HOUR : 0);
  return Math.max(SMALLEST_LAMBDA_STORAGE_MB, Math.ceil((maxCallHours * perHour * MARGIN) / MIB));
}

/** Memory is processor time, too: at 1,769 MB a function has one vCPU. Longer calls have longer listings. */
export function lambdaMemoryMb(maxCallHours: number): number {
  return Math.min(10_240, Math.max(1_024, 512 + 64 * Math.ceil(maxCallHours)));
}

/** Calls that a worker mixes at a time. */
const MIXED_AT_A_TIME = 4;
export const SMALLEST_TASK_STORAGE_GIB = 21;
export const LARGEST_TASK_STORAGE_GIB = 200;
/** The image, and what Fargate keeps for itself. */
const TASK_OVERHEAD_GIB = 5;

/** GiB of a task's disk: every leg whole, and the calls that are mixed. */
export function taskStorageGib(maxCallHours: number, legsPerTask: number, stereo: boolean): number {
  const perHour = legsPerTask * LEG_HOUR + (stereo ? MIXED_AT_A_TIME * STEREO_HOUR : 0);
  const gib = TASK_OVERHEAD_GIB + (maxCallHours * perHour * MARGIN) / (1024 * MIB);
  return Math.max(SMALLEST_TASK_STORAGE_GIB, Math.ceil(gib));
}

const GIB = 1_024;
const range = (from: number, to: number, step: number) =>
  Array.from({ length: (to - from) / step + 1 }, (_, i) => from + i * step);

/** Memory in MB by CPU units (1,024 are one vCPU): https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html */
export const FARGATE_MEMORY: ReadonlyMap<number, readonly number[]> = new Map([
  [256, [512, 1 * GIB, 2 * GIB]],
  [512, range(1 * GIB, 4 * GIB, GIB)],
  [1_024, range(2 * GIB, 8 * GIB, GIB)],
  [2_048, range(4 * GIB, 16 * GIB, GIB)],
  [4_096, range(8 * GIB, 30 * GIB, GIB)],
  [8_192, range(16 * GIB, 60 * GIB, 4 * GIB)],
  [16_384, range(32 * GIB, 120 * GIB, 8 * GIB)],
]);
