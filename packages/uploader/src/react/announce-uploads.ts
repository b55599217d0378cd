/** What a screen reader is told when the list changes: every state, and every quarter of the way. Pure. */
import { describeUpload } from './describe-upload.ts';
import type { UploadItem } from './upload-list.ts';

/** Percent between two announcements of one upload. */
const EVERY_PERCENT = 25;

/** States that last for moments, and would only interrupt. */
const SILENT: ReadonlySet<UploadItem['state']['name']> = new Set(['queued', 'preparing', 'completing']);

/** One sentence for each item that changed in a way worth interrupting for. */
export function announceUploads(before: readonly UploadItem[], after: readonly UploadItem[]): readonly string[] {
  const earlier = new Map(before.map((item) => [item.id, item]));
  const shown = after.filter(({ isSetAside }) => !isSetAside);
  const changed = shown.flatMap((item) => announceItem(earlier.get(item.id), item) ?? []);
  return changed;
}

function announceItem(before: UploadItem | undefined, after: UploadItem): string | undefined {
  if (before?.state === after.state && before.progress === after.progress) return undefined;
  const { status, problem } = describeUpload(after);
  if (before?.state.name !== after.state.name) {
    if (SILENT.has(after.state.name) || after.state.name === 'canceled') return undefined;
    return `${after.fileName}: ${status}.${problem === undefined ? '' : ` ${problem}`}`;
  }
  const [from, to] = [quarter(before), quarter(after)];
  return after.state.name === 'uploading' && to > from && to < 100 / EVERY_PERCENT
    ? `${after.fileName}: ${to * EVERY_PERCENT} percent.`
    : undefined;
}

const quarter = (item: UploadItem): number => Math.floor((item.progress?.percentage ?? 0) / EVERY_PERCENT);
