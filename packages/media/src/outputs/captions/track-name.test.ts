import { expect, it } from 'vitest';
import { nameTracks, readLanguage } from './track-name.ts';

it.each([
  ['eng', 'en'],
  ['ger', 'de'],
  ['deu', 'de'],
  ['chi', 'zh'],
  ['pt-br', 'pt-BR'],
  ['zh-hant-tw', 'zh-Hant-TW'],
  ['es-419', 'es-419'],
  ['und', 'und'],
  ['', undefined],
  ['english', undefined],
  ['../x', undefined],
  ['en"', undefined],
])('reads the language %j as %j', (tag, language) => {
  expect(readLanguage(tag)).toBe(language);
});

it('names tracks by their language, each once, and one as the default', () => {
  expect(
    nameTracks([
      { language: 'en', disposition: 'default' },
      { language: 'en', disposition: 'default' },
      { language: 'de', disposition: 'forced' },
      { language: 'und' },
      { language: 'pt-BR' },
    ]),
  ).toEqual([
    { language: 'en', label: 'English', disposition: 'default', fileName: 'en.vtt' },
    { language: 'en', label: 'English 2', fileName: 'en-2.vtt' },
    { language: 'de', label: 'German (forced)', disposition: 'forced', fileName: 'de.vtt' },
    { language: 'und', label: 'Captions', fileName: 'und.vtt' },
    { language: 'pt-BR', label: 'Brazilian Portuguese', fileName: 'pt-br.vtt' },
  ]);
});
