/** Whether a chosen file is the one that an interrupted upload waits for. Pure. */

import { formatBytes } from '@supabase-media/core/format';
import type { UploadRecord } from '../client/upload-record.ts';
import type { UploadItem } from './upload-list.ts';
import { isEnded } from './upload-list.ts';

interface ChosenFile {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
}

/** What stands against going on with this file; undefined: the client knows it by its fingerprint. */
export function whyNotSameFile(
  record: UploadRecord,
  chosen: ChosenFile,
  found: UploadRecord | undefined,
): string | undefined {
  if (found?.sessionId === record.sessionId) return undefined;
  const isAlike = chosen.name === record.fileName && chosen.size === record.size;
  if (isAlike)
    return `This ${chosen.name} was changed or copied since, so the upload cannot go on with it. Choose the first one, or add this one above to upload it from the beginning.`;
  return `${chosen.name} (${formatBytes(chosen.size)}) is another file than ${record.fileName} (${formatBytes(record.size)}). Choose ${record.fileName} to go on, or add the other one above as a new upload.`;
}

/** Those that nothing on the list is sending just now. */
export function listWaiting(records: readonly UploadRecord[], items: readonly UploadItem[]): readonly UploadRecord[] {
  return records.filter(
    (record) =>
      !items.some(
        (item) =>
          item.fileName === record.fileName &&
          item.size === record.size &&
          (!isEnded(item) || item.state.name === 'failed'),
      ),
  );
}
