/** What a page must know before anyone has signed in; nothing in it is secret. */
import { z } from 'zod';

export const publicConfig = z
  .object({
    supabaseUrl: z.url(),
    supabaseKey: z.string().nullable().describe('The anonymous or publishable key for signing in; null: not set.'),
    maxBytes: z.int().positive().describe('The largest file that this API takes; Storage may take less.'),
    acceptedTypes: z.array(z.string()),
    acceptedExtensions: z.array(z.string()).describe('Lower case, without the dot.'),
    singleBelowBytes: z.int().positive(),
  })
  .meta({ id: 'PublicConfig' });
