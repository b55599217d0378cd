/** What a checkpoint keeps of a video that is split. */
import { savedProbe } from '@supabase-media/media/saved-results';
import { z } from 'zod';
import { sha256, splitId } from '../../video-part/contract.ts';

const storedFile = z.object({ bytes: z.int().min(1), sha256 });

export const savedSplit = z.object({
  /** Names the folder of its parts: saved before the first of them is sent. */
  id: splitId,
  probe: savedProbe.optional(),
  /** Once all of them are in Storage. */
  parts: z
    .array(storedFile.extend({ frames: z.int().min(1), sinceSeconds: z.number().min(0).max(1e7) }))
    .min(2)
    .max(10_000)
    .optional(),
  /** Of the encoded sound, once it is in Storage. */
  sound: storedFile.optional(),
  /** Why it is encoded in one piece after all. */
  whole: z.string().max(2000).optional(),
});

export type SavedSplit = z.infer<typeof savedSplit>;
