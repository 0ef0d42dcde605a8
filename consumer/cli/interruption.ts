/** What cannot be interrupted, such as a read from a silent pipe, is not waited for longer than this. */
const GRACE_MS = 500;

/**
 * Runs work that has something to clean up: SIGINT and SIGTERM abort the signal instead of ending the process. A second one ends
 * it at once.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let received: NodeJS.Signals = "SIGTERM";
  const abort = (name: NodeJS.Signals): void => {
    received = name;
    controller.abort();
  };
  process.once("SIGINT", abort);
  process.once("SIGTERM", abort);
  try {
    return await work(controller.signal);
  } finally {
    process.off("SIGINT", abort);
    process.off("SIGTERM", abort);
    // Does not keep the process, and ends it where something else does: exit would wait for it, too.
    if (controller.signal.aborted) setTimeout(() => process.kill(process.pid, received), GRACE_MS).unref();
  }
}

/** What the work gives, or a rejection as soon as the signal is aborted. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let abort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
