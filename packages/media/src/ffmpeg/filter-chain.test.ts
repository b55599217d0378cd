import { describe, expect, it } from 'vitest';
import { packetStats, videoInfo } from '../../test/support/media-info-fixture.ts';
import type { VideoInfo } from '../plan/media-info.ts';
import { videoFilterChain } from './filter-chain.ts';

function chain(source: Partial<VideoInfo>, fps?: number, canConvertHdr = true) {
  return videoFilterChain({ source: videoInfo(source), target: { width: 1280, height: 720, fps }, canConvertHdr });
}

/** `scale` with matrix and range of what goes in and of what comes out. */
const scale = (from: string, to: string) => {
  const [one, other] = [from, to].map((colors) => colors.split('/'));
  const names = `in_color_matrix=${one?.[0]}:in_range=${one?.[1]}:out_color_matrix=${other?.[0]}:out_range=${other?.[1]}`;
  return `scale=1280:720:${names},setsar=1`;
};
const tags = (primaries: string, transfer: string, space: string) =>
  `setparams=range=tv:color_primaries=${primaries}:color_trc=${transfer}:colorspace=${space}`;
const AS_BT709 = `format=yuv420p,${tags('bt709', 'bt709', 'bt709')}`;
const bt601 = { primaries: 'smpte170m', transfer: 'smpte170m', space: 'smpte170m', range: 'tv' };
const bt2020 = { primaries: 'bt2020', transfer: 'smpte2084', space: 'bt2020nc', range: 'tv' };

describe('videoFilterChain', () => {
  it('is short for an ordinary video', () => {
    expect(chain({})).toBe(`${scale('bt709/tv', 'bt709/tv')},${AS_BT709}`);
  });

  it('deinterlaces first, then limits the rate, then scales', () => {
    expect(chain({ interlaced: true }, 60)).toMatch(/^bwdif=mode=send_frame:deint=interlaced,fps=60,scale=1280:720:/);
  });

  it('keeps a frame of what is shorter than one at the limit', () => {
    const stats = packetStats({ durationSeconds: 0.001 });
    expect(chain({ stats }, 30)).toMatch(/^fps=30:eof_action=pass,scale=/);
  });

  it('moves a picture that comes before the start of the file', () => {
    expect(chain({ earlySeconds: 0.089 }, 30)).toMatch(/^setpts=PTS\+0\.089000\/TB,fps=30,scale=/);
  });

  it.each([
    ['pq', 'smpte2084'],
    ['hlg', 'arib-std-b67'],
  ] as const)('scales before it converts HDR (%s), whose tags it believes where there are any', (hdr, transfer) => {
    const convert = (range: string) =>
      `zscale=tin=${transfer}:pin=bt2020:min=bt2020nc:rin=${range}:t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,` +
      `tonemap=tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,${AS_BT709}`;
    expect(chain({ hdr, color: { ...bt2020, transfer } })).toBe(`${scale('bt2020/tv', 'bt2020/tv')},${convert('tv')}`);
    const open = { primaries: undefined, transfer, space: 'reserved', range: 'pc' };
    expect(chain({ hdr, color: open })).toBe(`${scale('bt2020/pc', 'bt2020/pc')},${convert('pc')}`);
  });

  it('leaves HDR as it is where ffmpeg cannot convert it, and tells so', () => {
    expect(chain({ hdr: 'pq', color: bt2020 }, undefined, false)).toBe(
      `${scale('bt2020/tv', 'bt2020/tv')},format=yuv420p,${tags('bt2020', 'smpte2084', 'bt2020nc')}`,
    );
  });

  it('brings BT.2020 to the primaries of BT.709 by way of RGB', () => {
    const color = { ...bt2020, transfer: 'bt2020-10' };
    expect(chain({ color })).toBe(
      `${scale('bt2020/tv', 'bt2020/tv')},` +
        'zscale=min=bt2020nc:rin=tv:pin=bt2020:tin=iec61966-2-1:p=bt709:t=iec61966-2-1:m=gbr:r=pc,format=gbrp,' +
        `zscale=min=gbr:rin=pc:m=bt709:r=tv,${AS_BT709}`,
    );
    expect(chain({ color }, undefined, false)).toBe(
      `${scale('bt2020/tv', 'bt709/tv')},format=yuv420p,${tags('bt2020', 'bt709', 'bt709')}`,
    );
  });

  it('brings BT.601 in HD to BT.709, with zimg or without', () => {
    const asTagged = `format=yuv420p,${tags('smpte170m', 'smpte170m', 'bt709')}`;
    const full = { pixelFormat: 'yuvj420p', color: { ...bt601, range: 'pc' } };
    expect(chain(full)).toBe(`${scale('bt601/pc', 'bt601/pc')},zscale=min=smpte170m:rin=pc:m=bt709:r=tv,${asTagged}`);
    expect(chain(full, undefined, false)).toBe(`${scale('bt601/pc', 'bt709/tv')},${asTagged}`);
  });

  it('takes YCgCo, whose tag one of the filters refuses', () => {
    const color = { primaries: 'bt709', transfer: 'bt709', space: 'ycgco', range: 'tv' };
    expect(chain({ color })).toBe(
      `setparams=colorspace=bt709,scale=1280:720:in_range=tv:out_range=tv,setsar=1,` +
        `zscale=min=ycgco:rin=tv:m=bt709:r=tv,${AS_BT709}`,
    );
  });

  it.each(['gbrp', 'rgb24', 'bgra', 'pal8', '0rgb'])('gives RGB (%s) a matrix and its tag', (pixelFormat) => {
    const color = { primaries: undefined, transfer: undefined, space: 'gbr', range: 'pc' };
    expect(chain({ pixelFormat, color })).toBe(
      `scale=1280:720:in_range=pc:out_color_matrix=bt709:out_range=tv,setsar=1,${AS_BT709}`,
    );
  });
});
