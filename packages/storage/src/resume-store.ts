/**
 * Unfinished resumable uploads, kept in files so that a restart finds them: the upload's address at Storage, how
 * much of it Storage acknowledged, and what the file was. Also what a host taught: which body sizes its
 * proxies refused, what its ETags are. A store that cannot be
 * read or written costs a resumption, never an upload.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ETAG_KIND_LIFE_MS, ETAG_KINDS, type EtagKind } from '@supabase-media/upload-protocol/decide-proof';
import { z } from 'zod';
import type { SourceFile } from './source-file.ts';

/** The most parts that S3 takes for one object; what ended behind them says nothing more about it. */
const REQUEST_ENDS_MAX = 10_000;

const upload = z.object({
  version: z.literal(1),
  /** Of the upload at Storage. */
  url: z.string(),
  uploadId: z.string(),
  upsert: z.boolean(),
  contentType: z.string(),
  /** What Storage acknowledged, in bytes. */
  acknowledged: z.number().int().nonnegative(),
  /** Where its requests ended, as Storage acknowledged it: in bytes, ascending, without 0 and the file's size. */
  requestEnds: z.array(z.number().int().positive()).max(REQUEST_ENDS_MAX).default([]),
  /** When it was created and when Storage deletes it, where it said so; milliseconds since the epoch. */
  createdAt: z.number().default(0),
  endsAt: z.number().optional(),
  /** When this entry is worth nothing any more, in milliseconds since the epoch. */
  expiresAt: z.number(),
  file: z.object({ size: z.number(), modifiedMs: z.number(), sample: z.string() }),
});

/** One unfinished upload. */
export type UnfinishedUpload = z.infer<typeof upload>;

/** The entry after Storage acknowledged `offset`, in bytes. */
export function acknowledgeOffset(entry: UnfinishedUpload, offset: number): UnfinishedUpload {
  const { file } = entry;
  // Storage may have lost the rest of the last request, and its end with it.
  const requestEnds = entry.requestEnds.filter((end) => end <= offset);
  const isNew = offset > (requestEnds.at(-1) ?? 0) && offset < file.size && requestEnds.length < REQUEST_ENDS_MAX;
  return { ...entry, acknowledged: offset, requestEnds: isNew ? [...requestEnds, offset] : requestEnds };
}

const refusal = z.object({ version: z.literal(1), refusedBytes: z.number().positive(), expiresAt: z.number() });

const etags = z.object({ version: z.literal(1), kind: z.enum(ETAG_KINDS), expiresAt: z.number() });

/** The address an upload is known by. */
export interface UploadKey {
  readonly storageUrl: string;
  readonly bucket: string;
  readonly path: string;
}

/** `body`: any, as proxies refuse them; `chunk`: one of a resumable upload, as Storage itself may. */
export type RefusedBody = 'body' | 'chunk';

/** Where unfinished uploads are kept. */
export interface ResumeStore {
  readonly load: (key: UploadKey) => Promise<UnfinishedUpload | undefined>;
  readonly save: (key: UploadKey, entry: UnfinishedUpload) => Promise<void>;
  readonly forget: (key: UploadKey) => Promise<void>;
  /** The smallest body, or chunk of a resumable upload, that a host refused lately, in bytes. */
  readonly loadRefusedBytes: (host: string, what: RefusedBody) => Promise<number | undefined>;
  readonly saveRefusedBytes: (host: string, what: RefusedBody, bytes: number) => Promise<void>;
  /** What the ETags of a host proved to be. */
  readonly loadEtagKind: (host: string) => Promise<EtagKind | undefined>;
  readonly saveEtagKind: (host: string, kind: EtagKind) => Promise<void>;
}

/** A proxy's limit is believed for a day, in milliseconds. */
const REFUSAL_LIFE_MS = 86_400_000;

/** Entries of uploads that nobody resumed are removed after this, in milliseconds: hosted Storage keeps none longer than a day. */
export const ENTRY_LIFE_MS = 2 * 86_400_000;

const nameOf = (kind: 'upload' | 'host' | 'chunk' | 'etags', key: string): string =>
  `${kind}-${createHash('sha256').update(key).digest('hex').slice(0, 32)}.json`;

const REFUSAL_FILES = { body: 'host', chunk: 'chunk' } as const satisfies Record<RefusedBody, string>;

const uploadName = ({ storageUrl, bucket, path }: UploadKey): string =>
  nameOf('upload', `${storageUrl}\n${bucket}\n${path}`);

/** Opens the store in a folder, which is made when it is first written to. */
export function openResumeStore(folder: string): ResumeStore {
  const read = async <T>(name: string, schema: z.ZodType<T & { expiresAt: number }>): Promise<T | undefined> => {
    try {
      const entry = schema.parse(JSON.parse(await readFile(join(folder, name), 'utf8')));
      return entry.expiresAt > Date.now() ? entry : undefined;
    } catch {
      return undefined;
    }
  };
  const write = async (name: string, entry: object): Promise<void> => {
    const temporary = join(folder, `${name}.${randomUUID()}`);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(temporary, JSON.stringify(entry), { mode: 0o600 });
      await rename(temporary, join(folder, name));
    } catch {
      await rm(temporary, { force: true }).catch(() => {});
    }
  };
  return {
    load: (key) => read(uploadName(key), upload),
    save: (key, entry) => write(uploadName(key), entry),
    forget: async (key) => {
      await rm(join(folder, uploadName(key)), { force: true }).catch(() => {});
      await sweep(folder);
    },
    loadRefusedBytes: async (host, what) => {
      const bodies = what === 'body' ? (['body'] as const) : (['body', 'chunk'] as const);
      const refusals = await Promise.all(bodies.map((body) => read(nameOf(REFUSAL_FILES[body], host), refusal)));
      const known = refusals.flatMap((found) => (found === undefined ? [] : [found.refusedBytes]));
      return known.length === 0 ? undefined : Math.min(...known);
    },
    saveRefusedBytes: (host, what, refusedBytes) =>
      write(nameOf(REFUSAL_FILES[what], host), { version: 1, refusedBytes, expiresAt: Date.now() + REFUSAL_LIFE_MS }),
    loadEtagKind: async (host) => (await read(nameOf('etags', host), etags))?.kind,
    saveEtagKind: (host, kind) =>
      write(nameOf('etags', host), { version: 1, kind, expiresAt: Date.now() + ETAG_KIND_LIFE_MS[kind] }),
  };
}

async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    // One small file for each host, which is overwritten.
    if (name.startsWith('etags-') && name.endsWith('.json')) continue;
    const file = join(folder, name);
    const found = await stat(file).catch(() => undefined);
    if (found !== undefined && found.mtimeMs < Date.now() - ENTRY_LIFE_MS) await rm(file, { force: true });
  }
}

/** The bytes at each end of a file that are compared: an edit that keeps size, time and both ends is not made by accident. */
const SAMPLE_BYTES = 256 * 1024;

/** What tells a file from another of its size and time: the SHA-256 of both its ends. */
export async function sampleFile(file: SourceFile): Promise<string> {
  const hash = createHash('sha256').update(String(file.size));
  const handle = await open(file.path, 'r');
  try {
    for (const position of [0, Math.max(0, file.size - SAMPLE_BYTES)]) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(SAMPLE_BYTES), 0, SAMPLE_BYTES, position);
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}
