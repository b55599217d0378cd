/** Each public package as npm delivers it: what is in the tarball, what its manifest says, and what it weighs. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, readWorkspaces } from '@supabase-media/test-support/repository';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, inject, it } from 'vitest';
import { installAlone } from './support/install-app.ts';
import { PUBLIC_PACKAGES } from './support/packages.ts';
import { run } from './support/run.ts';

const workspaces = readWorkspaces();
const NAMES = Object.fromEntries(workspaces) as never;
void NAMES;

it('are these, and everything else is private', () => {
  expect(PUBLIC_PACKAGES.toSorted()).toEqual(
    [
      'client',
      'core',
      'database',
      'media',
      'queue',
      'service',
      'storage',
      'upload-protocol',
      'uploader',
      'worker',
    ].map((name) => `@supabase-media/${name}`),
  );
});
