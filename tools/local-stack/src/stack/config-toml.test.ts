import { expect, it } from 'vitest';
import { parseFileSizeLimitSetting } from './config-toml.ts';

it.each([
  ['[storage]\nfile_size_limit = "2GiB"\n', 2_147_483_648],
  ['[storage]\nenabled = true\nfile_size_limit = "50MiB" # comment\n[auth]\n', 52_428_800],
  ['[storage]\nfile_size_limit = "500MB"', 524_288_000],
  ['[storage]\nfile_size_limit = 1000', 1000],
  ['[auth]\nfile_size_limit = "1KiB"\n', undefined],
  ['[storage]\n[storage.buckets.a]\nfile_size_limit = "1KiB"\n', undefined],
  ['[storage]\n# file_size_limit = "1KiB"\n', undefined],
  ['', undefined],
])('%j → %s', (toml, bytes) => {
  expect(parseFileSizeLimitSetting(toml)).toBe(bytes);
});
