import { expect, it } from 'vitest';
import { videoInfo } from '../../test/support/media-info-fixture.ts';
import { videoFilterChain } from './filter-chain.ts';
import { cropToAperture } from './picture-filters.ts';

// 100x40 pixels, 20 from the left and 10 from above, of 640x480.
it.each([
  [0, false, "crop='min(iw,100)':'min(ih,40)':20:10"],
  [90, false, "crop='min(iw,40)':'min(ih,100)':430:20"],
  [180, false, "crop='min(iw,100)':'min(ih,40)':520:430"],
  [270, false, "crop='min(iw,40)':'min(ih,100)':10:520"],
  [0, true, "crop='min(iw,100)':'min(ih,40)':20:430"],
  [180, true, "crop='min(iw,100)':'min(ih,40)':520:10"],
  [90, true, "crop='min(iw,40)':'min(ih,100)':10:20"],
])('cuts out the aperture of a picture turned by %d degrees, mirrored: %s', (rotation, mirrored, filter) => {
  const aperture = { left: 20, top: 10, width: 100, height: 40 };
  expect(cropToAperture(videoInfo({ codedWidth: 640, codedHeight: 480, rotation, mirrored, aperture }))).toBe(filter);
});

it('cuts before it scales, and puts bars around what is 4:2:0', () => {
  const shapes = [
    { width: 1280, height: 720, seconds: 5 },
    { width: 720, height: 1280, seconds: 5 },
  ];
  const target = { width: 1280, height: 720, fps: undefined };
  const chain = (source: Parameters<typeof videoInfo>[0]) =>
    videoFilterChain({ source: videoInfo(source), target, canConvertHdr: true }).filter;
  expect(chain({ aperture: { left: 0, top: 60, width: 1280, height: 600 }, interlaced: true })).toMatch(
    /^bwdif=[^,]*,crop='min\(iw,1280\)':'min\(ih,600\)':0:60,scale=1280:720:/,
  );
  const fitted =
    "scale='max(2,2*round(min(1280,720*dar)/2))':'max(2,2*round(min(720,1280/dar)/2))':out_range=tv,setsar=1," +
    'format=yuv420p,pad=1280:720:(ow-iw)/2:(oh-ih)/2';
  expect(chain({ shapes })).toBe(fitted);
  expect(chain({ codec: 'vp9' })).toBe(fitted);
});
