/** Decodes an API key without verifying it. Pure. */

export type KeyKind = 'secret' | 'publishable' | 'token' | 'unknown';

export interface KeyFacts {
  readonly kind: KeyKind;
  /** The role of a token: `service_role`, `anon`, `authenticated`. */
  readonly role: string | undefined;
  /** The project of a token. */
  readonly project: string | undefined;
  /** When a token expires, in milliseconds since the epoch. */
  readonly expiresAt: number | undefined;
}

const NOTHING = { role: undefined, project: undefined, expiresAt: undefined };

/** Newer keys are recognized by their prefix; older ones are JWTs (RFC 7519). */
export function readKey(key: string): KeyFacts {
  if (key.startsWith('sb_secret_')) return { kind: 'secret', ...NOTHING };
  if (key.startsWith('sb_publishable_')) return { kind: 'publishable', ...NOTHING };
  const payload = key.split('.')[1];
  if (payload === undefined) return { kind: 'unknown', ...NOTHING };
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    return {
      kind: 'token',
      role: typeof claims.role === 'string' ? claims.role : undefined,
      project: typeof claims.ref === 'string' ? claims.ref : undefined,
      expiresAt: typeof claims.exp === 'number' ? claims.exp * 1000 : undefined,
    };
  } catch {
    return { kind: 'unknown', ...NOTHING };
  }
}
