/** Rows that a sweep took, read one by one: one that cannot be read must not keep the others from being swept. */
import { z } from 'zod';
import { type UploadSession, uploadSessionRow } from './upload-session.ts';

export interface LeasedSessions {
  readonly sessions: readonly UploadSession[];
  /** They stay leased until the lease ends, as those do whose work fails. */
  readonly unreadable: readonly { readonly id: string; readonly problem: string }[];
}

/** @throws when the answer is no list at all. */
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
