import { expect, it } from 'vitest';
import { parseAccounts } from './unprivileged-user.ts';

it('reads passwd lines and skips what is none', () => {
  const accounts = parseAccounts('root:x:0:0::/root:/bin/sh\n# note\nnobody:x:65534:65534::/:/bin/false\nbad:x:a:b\n');
  expect([...accounts.keys()]).toEqual(['root', 'nobody']);
  expect(accounts.get('nobody')).toEqual({ name: 'nobody', uid: 65_534, gid: 65_534 });
});
