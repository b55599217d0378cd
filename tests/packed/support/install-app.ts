/** Foreign apps: copied out of the repository, their packages of ours replaced by the tarballs. */
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stackEnvironment } from '@supabase-media/test-support/stack';
import { inject } from 'vitest';
import { readSnippets } from './read-snippets.ts';
import { run } from './run.ts';

const APPS = fileURLToPath(new URL('../apps/', import.meta.url));

type Versions = Record<string, string>;

interface AppManifest {
  dependencies: Versions;
  devDependencies?: Versions;
  overrides?: Versions;
}

/** The tarball of a package of ours, or the version that a manifest names. */
const tarballsFirst = (versions: Versions): Versions =>
  Object.fromEntries(
    Object.entries(versions).map(([name, version]) => [name, inject('tarballs')[name] ?? version] as const),
  );

async function install(folder: string, manifest: AppManifest, flags: readonly string[]): Promise<string> {
  const dependencies = tarballsFirst(manifest.dependencies);
  // What they bring of ours is in no registry either.
  const overrides = Object.fromEntries(
    Object.entries(inject('tarballs')).filter(([name]) => dependencies[name] === undefined),
  );
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...manifest, dependencies, overrides }, null, 2));
  const { stderr } = await run(
    ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=warn', ...flags],
    folder,
  );
  return stderr;
}

/** A folder that is removed when all tests have ended. */
const newFolder = (name: string): Promise<string> => mkdtemp(join(inject('packedFolder'), `${name}-`));

export interface InstalledApp {
  readonly folder: string;
  /** What its page tells to put into `.env`, as it is here. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Copies one of apps/, which is what the framework's own command makes, writes the files of its page in docs/ into it, and
 * installs it.
 *
 * @param versions what differs from its package.json.
 */
export async function installApp(name: string, page: string, versions: Versions = {}): Promise<InstalledApp> {
  const folder = await newFolder(name);
  await cp(join(APPS, name), folder, { recursive: true });
  const snippets = await readSnippets(page);
  for (const [path, text] of snippets.files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as AppManifest;
  const missing = snippets.packages.filter((wanted) => manifest.dependencies[wanted] === undefined);
  if (missing.length > 0) throw new Error(`${page} installs ${missing.join(', ')}, which the app of the test lacks.`);
  for (const section of [manifest.dependencies, manifest.devDependencies ?? {}])
    for (const known of Object.keys(section)) section[known] = versions[known] ?? String(section[known]);
  const warnings = await install(folder, manifest, []);
  if (/ERESOLVE|EBADENGINE|peer dep/.test(warnings)) throw new Error(`npm warned about ${name}:\n${warnings}`);
  return { folder, environment: valuesOf(snippets.variables) };
}

/** Frameworks hand variables with such a beginning to browsers. */
const PUBLIC_PREFIX = /^(VITE|NEXT_PUBLIC)_/;

function valuesOf(variables: readonly string[]): Readonly<Record<string, string>> {
  const known = { ...stackEnvironment(), MEDIA_API_URL: inject('apiUrl') } as Readonly<Record<string, string>>;
  return Object.fromEntries(
    variables.map((name) => {
      const value = known[name.replace(PUBLIC_PREFIX, '')];
      if (value === undefined) throw new Error(`${name} is no variable that the test knows.`);
      return [name, value];
    }),
  );
}

/** Installs one package and nothing else: what it brings, in kilobytes as du counts them, and what that is. */
export async function installAlone(
  name: string,
): Promise<{ readonly folder: string; readonly kilobytes: number; readonly packages: readonly string[] }> {
  const folder = await newFolder('alone');
  await install(folder, { dependencies: { [name]: '0.1.0' } }, []);
  const { stdout } = await run(['npm', 'ls', '--all', '--parseable', '--long'], folder);
  const packages = stdout
    .split('\n')
    .flatMap((line) => line.split(':')[1] ?? [])
    .map((spec) => spec.slice(0, spec.lastIndexOf('@')))
    .filter((found) => found !== '');
  return { folder, kilobytes: await diskUsage(join(folder, 'node_modules')), packages };
}

/** Kilobytes of a folder on the disk. */
export async function diskUsage(folder: string): Promise<number> {
  return Number.parseInt((await run(['du', '-sk', folder], '/')).stdout, 10);
}
