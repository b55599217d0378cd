/** A store in one small file, for programs that resume after a restart. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { KeyValueStore } from '../namespaced-store.ts';

/** @param path of a JSON file, made when it is needed; its folder exists. For one process at a time. */
export function openFileStore(path: string): KeyValueStore {
  let last: Promise<unknown> = Promise.resolve();
  const read = async (): Promise<Record<string, string>> => {
    try {
      return JSON.parse(await readFile(path, 'utf8')) as Record<string, string>;
    } catch {
      return {};
    }
  };
  /** One after the other: two changes at once would lose one. */
  const change = (edit: (values: Record<string, string>) => void): Promise<void> => {
    const turn = last.then(async () => {
      const values = await read();
      edit(values);
      await writeFile(`${path}.new`, JSON.stringify(values), { mode: 0o600 });
      await rename(`${path}.new`, path);
    });
    last = turn.catch(() => {});
    return turn;
  };
  const settled = async () => {
    await last;
    return read();
  };
  return {
    get: async (key) => (await settled())[key] ?? null,
    keys: async () => Object.keys(await settled()),
    set: (key, value) =>
      change((values) => {
        values[key] = value;
      }),
    remove: (key) =>
      change((values) => {
        delete values[key];
      }),
  };
}
