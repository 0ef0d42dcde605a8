/** Exit codes of every command. */
export const ExitCode = {
  done: 0,
  failed: 1,
  wrongUse: 2,
  damagedInput: 3,
  nothingMatched: 4,
  refusedByAws: 5,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Ends a command: the message goes to stderr in one line, the process exits with the code. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";

  constructor(
    readonly exitCode: ExitCode,
    message: string,
  ) {
    super(message);
  }
}
