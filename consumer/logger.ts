interface Log {
  (message: string): void;
  (fields: object, message: string): void;
}

/** Where the worker logs to. A pino logger is one. */
export interface Logger {
  info: Log;
  warn: Log;
  error: Log;
}
