import { expect, it } from 'vitest';
import { pathOf, readRoute } from './router.ts';

const videoId = '6b1f9d6e-9a53-4b0c-9a58-0d1f2f5a7f10';

it('reads back every address that it writes', () => {
  for (const route of [{ view: 'library' }, { view: 'video', videoId }] as const)
    expect(readRoute(pathOf(route))).toEqual(route);
});

it.each(['/videos/', '/videos/1', `/videos/${videoId}/more`, '/elsewhere'])('shows the library for %s', (path) => {
  expect(readRoute(path)).toEqual({ view: 'library' });
});
