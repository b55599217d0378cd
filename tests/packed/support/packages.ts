/** Which packages are public, what each brings along, and their tarballs. */
import { join } from 'node:path';
import { ROOT, readWorkspaces } from '@supabase-media/test-support/repository';
import { run } from './run.ts';

const workspaces = readWorkspaces();

/** Names of the workspaces that npm publishes. */
export const PUBLIC_PACKAGES: readonly string[] = [...workspaces.values()]
  .filter(({ manifest }) => manifest.private !== true)
  .map(({ manifest }) => manifest.name);

/** Packs every public package into a folder; answers with the tarball of each, by name. */
export async function packPublic(folder: string): Promise<Record<string, string>> {
  const selected = PUBLIC_PACKAGES.flatMap((name) => ['--workspace', name]);
  const { stdout } = await run(['npm', 'pack', '--json', '--pack-destination', folder, ...selected], ROOT);
  const packed = Object.values(JSON.parse(stdout)) as { name: string; filename: string }[];
  return Object.fromEntries(packed.map(({ name, filename }) => [name, join(folder, filename)]));
}
