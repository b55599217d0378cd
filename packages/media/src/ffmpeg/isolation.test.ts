import { describe, expect, it } from 'vitest';
import { NO_ISOLATION } from './isolation.ts';
import { unshareCommand } from './namespaces.ts';
import { setprivCommand } from './privileges.ts';
import { candidatesFor, isAsAsked, readSight } from './probe-isolation.ts';

const command = { program: '/usr/bin/ffmpeg', args: ['-i', 'file:/w/input'] };

describe('the commands', () => {
  it('end with the program and its arguments', () => {
    expect(setprivCommand('/usr/bin/setpriv', command, { dropsCapabilities: false })).toEqual({
      program: '/usr/bin/setpriv',
      args: ['--pdeathsig', 'KILL', '--no-new-privs', '/usr/bin/ffmpeg', '-i', 'file:/w/input'],
    });
    expect(unshareCommand('/usr/bin/unshare', command, ['user', 'net'])).toEqual({
      program: '/usr/bin/unshare',
      args: ['--user', '--map-current-user', '--net', '/usr/bin/ffmpeg', '-i', 'file:/w/input'],
    });
  });

  it('need no user namespace where a network can be made without', () => {
    expect(unshareCommand('unshare', command, ['net']).args[0]).toBe('--net');
  });

  it('leave a child of root one capability', () => {
    expect(setprivCommand('setpriv', command, { dropsCapabilities: true }).args.join(' ')).toContain(
      '--inh-caps -all --bounding-set -all,+dac_override /usr/bin/ffmpeg',
    );
  });
});

describe('what is tried', () => {
  it('ends with what always works', () => {
    for (const isRoot of [true, false]) expect(candidatesFor(isRoot).at(-1)).toBe(NO_ISOLATION);
  });

  it('counts only where the child sees the effect', () => {
    const open = { ownNetwork: false, canReadWorker: true, noNewPrivileges: true };
    const [both, userOnly, none] = candidatesFor(false);
    const judge = (sight: typeof open) => [both, userOnly, none].map((tried) => tried && isAsAsked(tried, sight));
    expect(judge(open)).toEqual([false, false, true]);
    expect(judge({ ...open, canReadWorker: false })).toEqual([false, true, true]);
    expect(judge({ ...open, ownNetwork: true })).toEqual([false, false, true]);
    expect(judge({ ...open, ownNetwork: true, canReadWorker: false })).toEqual([true, true, true]);
  });

  it.each([
    [['net=net:[2]', 'worker=', 'privileges=1'], { ownNetwork: true, canReadWorker: false, noNewPrivileges: true }],
    [['net=net:[1]', 'worker=/', 'privileges=0'], { ownNetwork: false, canReadWorker: true, noNewPrivileges: false }],
    [['net=net:[2]', 'worker=/jail'], { ownNetwork: true, canReadWorker: true, noNewPrivileges: false }],
    [['worker=', 'privileges=1'], undefined],
    [['net=', 'worker='], undefined],
    [[], undefined],
  ])('%j', (lines, expected) => {
    expect(readSight(lines, 'net:[1]')).toEqual(expected);
  });
});
