import { expect, it } from 'vitest';
import { assertPlatform } from './assert-platform.ts';

it('sends Windows to WSL, and lets the others be', () => {
  expect(() => assertPlatform('win32')).toThrow(expect.objectContaining({ code: 'platform_unsupported' }));
  for (const platform of ['linux', 'darwin'] as const) expect(() => assertPlatform(platform)).not.toThrow();
});
