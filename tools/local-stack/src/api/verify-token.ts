/** Checks the HS256 tokens of this project: keys and user sessions. */
import { type JWTPayload, jwtVerify } from 'jose';

/** A token's claims; `role` is the database role that a request with it acts as. */
export type TokenClaims = JWTPayload & { readonly role?: string };

export type TokenVerifier = (token: string) => Promise<TokenClaims>;

/** The verifier throws jose's own errors, whose messages the Storage server (measured, 1.11.2) passes on to clients. */
export function createVerifier(jwtSecret: string): TokenVerifier {
  const secret = new TextEncoder().encode(jwtSecret);
  return async (token) => {
    const { payload } = await jwtVerify<TokenClaims>(token, secret, { algorithms: ['HS256'] });
    return payload;
  };
}
