/** `media migrations copy`: brings the migrations into a project that has a history of its own. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MediaError } from '@supabase-media/core/errors';
import { resolveUserPath } from '@supabase-media/service/user-path';
import { type MigrationFile, planMigrations } from './plan-migrations.ts';
import type { CommandContext } from './run-command.ts';

/** In the package that npm installs, and in this repository. */
const FOLDERS = ['../../migrations/', '../../../../supabase/migrations/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

async function readMigrations(folder: string): Promise<readonly MigrationFile[]> {
  const names = (await readdir(folder)).filter((name) => /^\d+_.*\.sql$/.test(name)).sort();
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(join(folder, name), 'utf8') })));
}

async function readOurs(): Promise<readonly MigrationFile[]> {
  for (const folder of FOLDERS) {
    const files = await readMigrations(folder).catch(() => []);
    if (files.length > 0) return files;
  }
  throw new MediaError({
    code: 'file_missing',
    message: `This installation has no migrations (looked in ${FOLDERS.join(' and ')}).`,
    hint: 'Install @supabase-media/worker again, or copy supabase/migrations from its repository.',
  });
}

const refused = (message: string, hint: string) => new MediaError({ code: 'invalid_argument', message, hint });

/**
 * Copies what is not there, all or nothing, and overwrites nothing.
 *
 * @throws {MediaError} `invalid_argument` for a folder that cannot be written, a changed file, a version that is taken.
 */
export async function copyMigrationsCommand(
  { output }: CommandContext,
  options: { readonly to: string },
): Promise<void> {
  const folder = resolveUserPath(options.to);
  const ours = await readOurs();
  const theirs = await openFolder(folder);
  const plan = planMigrations(ours, theirs);
  if (plan.changed.length > 0)
    throw refused(
      `${folder} has ${plan.changed.join(', ')} with another content than this version's. Nothing was copied.`,
      'Migrations that were applied are never changed: restore the file (git checkout), or rename yours if it is not ours.',
    );
  if (plan.clashes.length > 0)
    throw refused(
      `${folder} has other migrations of the same version: ${plan.clashes.join(', ')}. Nothing was copied.`,
      'Give yours another number before it is applied; the Supabase CLI tells migrations apart by it.',
    );
  for (const { name, text } of plan.copied) await writeFile(join(folder, name), text, { flag: 'wx' });
  const next = plan.copied.length === 0 ? undefined : `supabase db push${plan.comesBetween ? ' --include-all' : ''}`;
  const copied = plan.copied.map(({ name }) => name);
  const shown = relative(process.cwd(), folder) || '.';
  output.result({ folder, copied, same: plan.same, next }, [
    ...copied.map((name) => `copied ${name}`),
    `${copied.length} copied to ${shown}, ${plan.same.length} there already`,
    ...(next === undefined ? [] : [`Next: ${next}`]),
    ...(next !== undefined && plan.comesBetween
      ? ['(--include-all: your project has later migrations than some of these)']
      : []),
  ]);
}

/** What is in the folder, which is made where it is not there. */
async function openFolder(folder: string): Promise<readonly MigrationFile[]> {
  try {
    await mkdir(folder, { recursive: true });
    return await readMigrations(folder);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refused(
      `The migrations cannot be copied to ${folder}: ${why}.`,
      'Name a folder that this user may write to.',
    );
  }
}
