/** What the packages write to: any logger of pino's shape. `packages/service` makes the real one. */

type WriteLine = {
  (details: object, message?: string): void;
  (message: string): void;
};

export interface Log {
  readonly debug: WriteLine;
  readonly info: WriteLine;
  readonly warn: WriteLine;
  readonly error: WriteLine;
  /** The same log with fields that every line of it carries. */
  readonly child: (fields: Record<string, unknown>) => Log;
}
