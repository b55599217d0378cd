/**
 * What an S3 server knows about an unfinished resumable upload: its parts, and the few bytes that are no part yet. Kept in
 * a file beside the bytes, written whole at each change; it goes when the upload is completed or ended.
 */
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

export interface UploadedPart {
  /** In bytes. */
  readonly size: number;
  /** Hexadecimal. */
  readonly md5: string;
}

export interface PartLedger {
  readonly parts: readonly UploadedPart[];
  /** Bytes behind the parts that are kept aside, to be the beginning of the next part: fewer than S3 takes as a part. */
  readonly asideBytes: number;
}

const SUFFIX = '.parts.json';

export const EMPTY_LEDGER: PartLedger = { parts: [], asideBytes: 0 };

/** How many bytes the parts have together. */
export function sumOfParts(ledger: PartLedger): number {
  return ledger.parts.reduce((sum, { size }) => sum + size, 0);
}

export class PartLedgers {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Undefined when the upload is completed or unknown. */
  async find(id: string): Promise<PartLedger | undefined> {
    const text = await readFile(this.#file(id), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** Replaces it in one step: whoever is killed meanwhile finds the old or the new. */
  async write(id: string, ledger: PartLedger): Promise<void> {
    await writeFile(`${this.#file(id)}.new`, JSON.stringify(ledger), { mode: 0o600 });
    await rename(`${this.#file(id)}.new`, this.#file(id));
  }

  async remove(id: string): Promise<void> {
    await rm(this.#file(id), { force: true });
  }

  /** The ids of all unfinished uploads. */
  async list(): Promise<string[]> {
    const names = await readdir(this.#folder);
    return names.filter((name) => name.endsWith(SUFFIX)).map((name) => basename(name, SUFFIX));
  }

  #file(id: string): string {
    return join(this.#folder, `${id}${SUFFIX}`);
  }
}
