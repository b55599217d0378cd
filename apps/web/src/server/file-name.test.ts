import { assertObjectKey } from '@supabase-media/storage/object-key';
import { expect, it } from 'vitest';
import { makeObjectKey, normalizeFileName, toSafeName } from './file-name.ts';

it.each([
  ['holiday.mp4', 'holiday.mp4'],
  ['Größe é 1.MOV', 'Grosse-e-1.mov'],
  ['日本.mp4', 'video.mp4'],
  ['..mp4', 'mp4'],
  ['.hidden', 'hidden'],
  ['a b%20c?x=1#y.webm', 'a-b-20c-x-1-y.webm'],
  [`${'x'.repeat(240)}.mp4`, `${'x'.repeat(146)}.mp4`],
])('%s becomes a key that Storage takes', (name, safe) => {
  expect(toSafeName(normalizeFileName(name))).toBe(safe);
  expect(() => assertObjectKey(makeObjectKey('user', 'session', name))).not.toThrow();
});

it.each(['', ' ', '...', '../x.mp4', 'a/b.mp4', 'a\\b.mp4', 'a\nb.mp4', 'a\u007f.mp4', '\u202egpm.exe', '\ud800.mp4'])(
  '%j is refused',
  (name) => {
    expect(() => normalizeFileName(name)).toThrow(expect.objectContaining({ code: 'name_refused' }));
  },
);

it('is shown in one form, however it was typed', () => {
  expect(normalizeFileName('e\u0301.mp4')).toBe('\u00e9.mp4');
});
