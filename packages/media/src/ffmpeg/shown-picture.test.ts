import { expect, it } from 'vitest';
import { videoInfo } from '../../test/support/media-info-fixture.ts';
import { withShownPicture } from './shown-picture.ts';

const video = videoInfo({ codedWidth: 720, codedHeight: 576, sampleAspectRatio: 2, displayWidth: 1440 });
const aperture = { width: 640, height: 360, right: 0, down: 0 };
const shapes = [
  { width: 720, height: 576, seconds: 1 },
  { width: 576, height: 720, seconds: 9 },
];

it('is the stored one where nothing else is known', () => {
  expect(withShownPicture(video, { shapes: [], aperture: undefined })).toBe(video);
});

it('is the aperture, its pixels made square', () => {
  const shown = withShownPicture(video, { shapes: [], aperture });
  expect(shown).toMatchObject({ displayWidth: 1280, displayHeight: 360, aperture: { left: 40, top: 108 } });
});

it('is one frame for all sizes, and no aperture of any of them', () => {
  const shown = withShownPicture(video, { shapes, aperture });
  expect(shown).toMatchObject({ displayWidth: 576, displayHeight: 720, aperture: undefined, shapes });
});
