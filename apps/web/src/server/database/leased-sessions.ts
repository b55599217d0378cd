/** The rows leased by a sweep, parsed one by one: an unreadable row must not block the others. */
import { z } from 'zod';
import { type UploadSession, uploadSessionRow } from './upload-session.ts';

export interface LeasedSessions {
  readonly sessions: readonly UploadSession[];
  /** They stay leased until their lease expires, like rows whose work fails. */
  readonly unreadable: readonly { readonly id: string; readonly problem: string }[];
}

/** @throws if the response is not a list. */
export function readLeased(answer: unknown): LeasedSessions {
  const sessions: UploadSession[] = [];
  const unreadable: { id: string; problem: string }[] = [];
  for (const row of z.array(z.looseObject({ id: z.string() })).parse(answer)) {
    const { success, data, error } = uploadSessionRow.safeParse(row);
    if (success) sessions.push(data);
    else unreadable.push({ id: row.id, problem: z.prettifyError(error).replace(/\s+/g, ' ') });
  }
  return { sessions, unreadable };
}
