/** What was dropped: files, and the names of folders, which a browser hands over as files that cannot be read. */

export interface DroppedFiles {
  readonly files: readonly File[];
  readonly folders: readonly string[];
}

/** To be called while the event is handled: the transfer is empty afterwards. */
export function collectFiles(transfer: DataTransfer): DroppedFiles {
  const files: File[] = [];
  const folders: string[] = [];
  for (const item of transfer.items) {
    if (item.kind !== 'file') continue;
    const entry = item.webkitGetAsEntry?.();
    const file = item.getAsFile();
    if (entry?.isDirectory) folders.push(entry.name);
    else if (file !== null) files.push(file);
  }
  return { files, folders };
}
