/** The logger interface that packages use; pino implements it. `packages/service` creates the real one. */

type WriteLine = {
  (details: object, message?: string): void;
  (message: string): void;
};

export interface Log {
  readonly debug: WriteLine;
  readonly info: WriteLine;
  readonly warn: WriteLine;
  readonly error: WriteLine;
  /** A logger that adds these fields to each of its lines. */
  readonly child: (fields: Record<string, unknown>) => Log;
}
