/**
 * A resource that exists but is not finished. The engine records it, so that destroy and refresh reach it and the next up
 * finishes it by an update; any other error of create leaves nothing in state.
 */
export class MadeInPart extends Error {
  /** What the engine records; `__provider` among them, without which the resource could never be reached again. */
  readonly properties: object;
  /** All that the engine shows. */
  readonly reasons: string[];

  /** @param properties the inputs as the engine gave them, `__provider` included, and the outputs that are known */
  constructor(
    readonly id: string,
    properties: object,
    cause: unknown,
  ) {
    const message = cause instanceof Error ? cause.message : String(cause);
    super(message, { cause });
    // The wire format has no undefined.
    this.properties = JSON.parse(JSON.stringify(properties));
    this.reasons = [message];
  }
}
