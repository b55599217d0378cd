/** Tokens that stand for one object: to read it, or to upload it, for a while (measured, Storage server 1.11.2). */
import { errors, SignJWT } from 'jose';
import type { TokenVerifier } from '../api/verify-token.ts';
import { REFUSALS, refuseSignature, StorageError } from './storage-error.ts';

/** How long an upload may be started with a signed URL: two hours, as on hosted Supabase. */
const UPLOAD_LIFE_SECONDS = 2 * 3600;

export interface UploadGrant {
  readonly owner: string | undefined;
  readonly upsert: boolean;
}

export interface DownloadGrant {
  /** Unix time in seconds. */
  readonly expiresAt: number;
}

/** Signs and reads the tokens. A path is `<bucket>/<name>`, and a token is good for that one path only. */
export class UrlSigner {
  readonly #secret: Uint8Array;
  readonly #verify: TokenVerifier;

  constructor(options: { jwtSecret: string; verify: TokenVerifier }) {
    this.#secret = new TextEncoder().encode(options.jwtSecret);
    this.#verify = options.verify;
  }

  signDownload(path: string, lifeSeconds: number): Promise<string> {
    return this.#sign({ url: path, scope: 'download' }, lifeSeconds);
  }

  signUpload(path: string, grant: UploadGrant): Promise<string> {
    const { owner, upsert } = grant;
    return this.#sign(
      { ...(owner !== undefined && { owner }), url: path, upsert, scope: 'upload' },
      UPLOAD_LIFE_SECONDS,
    );
  }

  /** @throws StorageError InvalidJWT when it is expired or not ours, InvalidSignature when it is for something else */
  async readDownload(token: string, path: string): Promise<DownloadGrant> {
    const claims = await this.#read(token, path, 'download');
    return { expiresAt: Number(claims.exp) };
  }

  /** @throws StorageError as {@link readDownload} */
  async readUpload(token: string, path: string): Promise<UploadGrant> {
    const { owner, upsert } = await this.#read(token, path, 'upload');
    return { owner: typeof owner === 'string' ? owner : undefined, upsert: upsert === true };
  }

  #sign(claims: Record<string, unknown>, lifeSeconds: number): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ ...claims, iat: now, exp: now + lifeSeconds })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(this.#secret);
  }

  async #read(token: string, path: string, scope: string): Promise<Record<string, unknown>> {
    const claims = await this.#verify(token).catch((error: unknown) => {
      if (!(error instanceof errors.JOSEError)) throw REFUSALS.internal(error);
      throw new StorageError({ status: 400, code: 'InvalidJWT', message: error.message, cause: error });
    });
    if (claims.scope !== scope) throw refuseSignature(`Token is not scoped for ${scope}`);
    if (claims.url !== path) throw refuseSignature();
    return claims;
  }
}
