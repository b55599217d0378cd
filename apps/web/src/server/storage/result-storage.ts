/** Signed addresses of results, and their removal with the video. */
import { classifyAnswer } from '@supabase-media/worker/internal/storage/classify-answer';
import { SHORT_CLOCKS } from '@supabase-media/worker/internal/storage/clocks';
import type { StorageConnection } from '@supabase-media/worker/internal/storage/connection';
import type { ObjectAddress } from '@supabase-media/worker/internal/storage/object-info';
import { z } from 'zod';

export interface ResultStorage {
  /** One address for each path, in their order; null where Storage has no such object. */
  readonly signDownloads: (bucket: string, paths: readonly string[]) => Promise<readonly (string | null)[]>;
  /** Removes every object below a folder (`a/b`, no slash at the end). */
  readonly removeFolder: (address: ObjectAddress) => Promise<void>;
}

const signed = z.array(z.object({ path: z.string().nullable(), signedURL: z.string().nullable() }));
const listed = z.array(z.object({ name: z.string(), id: z.string().nullable() }));

/** What one listing answers at most, and what one removal names: an entry takes up to 700 bytes, and 64 KiB of an answer are read. */
const PAGE = 64;

/** Results lie three folders deep: version, hls, rendition. More is no folder of ours. */
const DEPTH_MAX = 5;

export function openResultStorage(options: {
  readonly connection: StorageConnection;
  /** As browsers reach it, with `/storage/v1`. */
  readonly publicUrl: string;
  readonly lifeSeconds: number;
}): ResultStorage {
  const { connection } = options;

  const ask = async (method: 'POST' | 'DELETE', path: string, body: unknown, action: string): Promise<unknown> => {
    const answer = await connection.transport.send({
      method,
      url: `${connection.storageUrl}${path}`,
      headers: { ...connection.headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      clocks: SHORT_CLOCKS,
      action,
    });
    if (answer.status === 200) return JSON.parse(answer.body);
    throw classifyAnswer(answer, { action, now: Date.now() });
  };

  const listFolder = async (bucket: string, folder: string) => {
    const entries: z.infer<typeof listed> = [];
    for (let offset = 0; ; offset += PAGE) {
      const body = { prefix: folder, limit: PAGE, offset, sortBy: { column: 'name', order: 'asc' } };
      const page = listed.parse(
        await ask('POST', `/object/list/${encodeURIComponent(bucket)}`, body, `Listing ${bucket}/${folder}`),
      );
      entries.push(...page);
      if (page.length < PAGE) return entries;
    }
  };

  const removeFolder = async (bucket: string, folder: string, depth: number): Promise<void> => {
    const entries = await listFolder(bucket, folder);
    const files = entries.filter((entry) => entry.id !== null).map((entry) => `${folder}/${entry.name}`);
    for (let at = 0; at < files.length; at += PAGE) {
      const prefixes = files.slice(at, at + PAGE);
      await ask('DELETE', `/object/${encodeURIComponent(bucket)}`, { prefixes }, `Removing ${bucket}/${folder}`);
    }
    if (depth === 0) return;
    for (const entry of entries)
      if (entry.id === null) await removeFolder(bucket, `${folder}/${entry.name}`, depth - 1);
  };

  return {
    signDownloads: async (bucket, paths) => {
      if (paths.length === 0) return [];
      const body = { expiresIn: options.lifeSeconds, paths };
      const answer = await ask(
        'POST',
        `/object/sign/${encodeURIComponent(bucket)}`,
        body,
        `Signing results in ${bucket}`,
      );
      return signed
        .parse(answer)
        .map(({ signedURL }) => (signedURL === null ? null : `${options.publicUrl}${signedURL}`));
    },
    removeFolder: ({ bucket, path }) => removeFolder(bucket, path, DEPTH_MAX),
  };
}
