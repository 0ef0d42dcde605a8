import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";

export interface TaskProtectionOptions {
  /** `ECS_AGENT_URI`, which the agent sets in every container of a task. */
  agentUri: string;
  clock: Clock;
  logger: Logger;
  /** How long ECS keeps the task when nothing more is heard of it, 1 to 2880 minutes. It is renewed at a third of it. Default 30. */
  expiresInMinutes?: number;
  /** Protection is put down for a moment after so long without a pause. Default 1 h. */
  longestMs?: number;
  /** How long that moment is: ECS looks about once a minute for tasks that it may stop. Default 3 min. */
  pauseMs?: number;
}

const RETRY_MS = 15_000;
const ANSWER_WITHIN_MS = 10_000;

/**
 * Keeps ECS from stopping the task for a scale-in or a deployment while it is busy.
 *
 * A worker with many legs is busy for days, and a deployment would wait for as long: so protection is put down now and then, and a
 * task that is to go is stopped then. It drains, and what it was reading is read on by others.
 *
 * Failures are logged: a task without protection works as well, and drains when it is stopped.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
 */
export class TaskProtection {
  readonly #closed = new AbortController();
  #changed = new AbortController();
  #isBusy = false;
  readonly #kept: Promise<void>;

  constructor(private readonly options: TaskProtectionOptions) {
    this.#kept = this.#keep().catch(() => undefined);
  }

  set isBusy(busy: boolean) {
    if (busy === this.#isBusy) return;
    this.#isBusy = busy;
    this.#changed.abort();
  }

  /** Renews no more. What protection there is ends by itself, or with the task. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#changed.abort();
    await this.#kept;
  }

  async #keep(): Promise<void> {
    const { clock, expiresInMinutes = 30, longestMs = 60 * 60_000, pauseMs = 3 * 60_000 } = this.options;
    const renewMs = (expiresInMinutes * 60_000) / 3;
    let isProtected = false;
    let protectedSinceMs = 0;
    // Bounded by the process: it ends with `close`.
    while (!this.#closed.signal.aborted) {
      this.#changed = new AbortController();
      const wanted = this.#isBusy;
      let nextMs = Number.POSITIVE_INFINITY;
      if (wanted && isProtected && clock.now() - protectedSinceMs >= longestMs) {
        if (await this.#put(false)) isProtected = false;
        nextMs = pauseMs;
      } else if (wanted || isProtected) {
        const isDone = await this.#put(wanted);
        if (isDone && wanted && !isProtected) protectedSinceMs = clock.now();
        if (isDone) isProtected = wanted;
        nextMs = isDone ? (wanted ? renewMs : nextMs) : RETRY_MS;
      }
      await this.#pause(nextMs);
    }
  }

  /** Until so much time has passed, or there is something to change. */
  async #pause(ms: number): Promise<void> {
    const { signal } = this.#changed;
    if (signal.aborted) return;
    if (ms !== Number.POSITIVE_INFINITY) return this.options.clock.sleep(ms, signal).catch(() => undefined);
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  }

  async #put(ProtectionEnabled: boolean): Promise<boolean> {
    const { agentUri, logger, expiresInMinutes: ExpiresInMinutes = 30 } = this.options;
    try {
      const answer = await fetch(`${agentUri}/task-protection/v1/state`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ProtectionEnabled, ...(ProtectionEnabled && { ExpiresInMinutes }) }),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      const { error, failure } = (await answer.json()) as { error?: object; failure?: object };
      if (!answer.ok || error || failure) {
        throw new Error(`the ECS agent answered ${answer.status} ${JSON.stringify(error ?? failure)}`);
      }
      return true;
    } catch (error) {
      logger.warn({ err: error, ProtectionEnabled }, "the task's protection could not be changed");
      return false;
    }
  }
}
