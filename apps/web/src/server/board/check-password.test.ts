import { expect, it } from 'vitest';
import { hasPassword } from './check-password.ts';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

it.each([
  [basic('anyone:right:one'), true],
  [basic(':right:one'), true],
  [basic('right:one'), false],
  [basic('anyone:right'), false],
  [basic('anyone:'), false],
  [basic('right'), false],
  [`Bearer ${Buffer.from('a:right:one').toString('base64')}`, false],
  ['Basic %%%', false],
  ['', false],
  [undefined, false],
])('%j: %s', (authorization, isRight) => {
  expect(hasPassword(authorization, 'right:one')).toBe(isRight);
});
