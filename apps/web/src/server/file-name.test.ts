import { assertObjectKey } from '@supabase-media/storage/object-key';
import { createRandom, SEED } from '@supabase-media/test-support/random';
import { TYPE_OF_EXTENSION } from '@supabase-media/upload-protocol/accepted-types';
import { expect, it } from 'vitest';
import { makeObjectKey, normalizeFileName, toSafeName } from './file-name.ts';

it.each([
  ['holiday.mp4', 'holiday.mp4'],
  ['Größe é 1.MOV', 'Grosse-e-1.mov'],
  ['日本.mp4', 'video.mp4'],
  ['..mp4', 'mp4'],
  ['.hidden', 'hidden'],
  ['a b%20c?x=1#y.webm', 'a-b-20c-x-1-y.webm'],
  ['x.mp4;.html', 'x-mp4-html'],
  ['x.html', 'x-html'],
  ['x.MP4.php', 'x-MP4-php'],
  ['x.svg.mp4', 'x-svg.mp4'],
  ['x.constructor', 'x-constructor'],
  ['x.mp4.', 'x-mp4'],
  ['no-extension', 'no-extension'],
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

it(`ends in the extension of a video or in none, whatever the name (seed ${SEED})`, () => {
  const random = createRandom(SEED);
  const parts = [
    'x',
    '.',
    ';',
    ' ',
    '.mp4',
    '.html',
    '.HTM',
    '.svg',
    '.js',
    '.webm',
    '%2e',
    'é',
    '日',
    '\u200b',
    '::$DATA',
    '~',
    '"',
    '&',
    '.tar.gz',
    '.__proto__',
    '\u037e',
    '\uff0e',
    '\uff0ehtml',
  ];
  for (let at = 0; at < 5000; at++) {
    const name = `a${Array.from({ length: 1 + Math.floor(random() * 6) }, () => parts[Math.floor(random() * parts.length)]).join('')}`;
    const key = toSafeName(normalizeFileName(name));
    expect(key, JSON.stringify(name)).toMatch(/^[A-Za-z0-9_-]+(\.[a-z0-9]{2,4})?$/);
    const [, extension] = key.split('.');
    if (extension !== undefined) expect(Object.keys(TYPE_OF_EXTENSION)).toContain(extension);
  }
});

it('is shown in one form, however it was typed', () => {
  expect(normalizeFileName('e\u0301.mp4')).toBe('\u00e9.mp4');
});
