import { describe, expect, it } from 'vitest';
import { videoInfo } from '../../test/support/media-info-fixture.ts';
import type { VideoInfo } from '../plan/media-info.ts';
import { videoFilterChain } from './filter-chain.ts';

function chain(source: Partial<VideoInfo>, fps?: number, canConvertHdr = true) {
  return videoFilterChain({ source: videoInfo(source), target: { width: 1280, height: 720, fps }, canConvertHdr });
}

const bt2020 = { primaries: 'bt2020', transfer: 'smpte2084', space: 'bt2020nc', range: 'tv' };

describe('videoFilterChain', () => {
  it('is short for an ordinary video', () => {
    expect(chain({})).toEqual({ filter: 'scale=1280:720:out_range=tv,setsar=1,format=yuv420p', taggedBt709: false });
  });

  it('deinterlaces first, then limits the rate, then scales', () => {
    expect(chain({ interlaced: true }, 60).filter).toBe(
      'bwdif=mode=send_frame:deint=interlaced,fps=60,scale=1280:720:out_range=tv,setsar=1,format=yuv420p',
    );
  });

  it('scales before it converts HDR, and says that the result is BT.709', () => {
    expect(chain({ hdr: 'pq', color: bt2020 })).toEqual({
      filter:
        'scale=1280:720:out_range=tv,setsar=1,' +
        'zscale=tin=smpte2084:pin=bt2020:min=bt2020nc:rin=tv:t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,' +
        'tonemap=tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,format=yuv420p',
      taggedBt709: true,
    });
  });

  it('takes HDR without tags for BT.2020', () => {
    const color = { ...bt2020, primaries: undefined, space: 'reserved' };
    expect(chain({ hdr: 'hlg', color }).filter).toContain('zscale=tin=arib-std-b67:pin=bt2020:min=bt2020nc:rin=tv');
  });

  it('leaves HDR as it is where ffmpeg cannot convert it', () => {
    expect(chain({ hdr: 'pq', color: bt2020 }, undefined, false)).toMatchObject({ taggedBt709: false });
  });

  it('drops tags that the standard reserves', () => {
    const color = { primaries: 'reserved', transfer: 'reserved', space: 'reserved', range: undefined };
    expect(chain({ color }).filter).toContain(
      'setparams=color_primaries=unknown:color_trc=unknown:colorspace=unknown,scale',
    );
  });

  it.each(['gbrp', 'rgb24', 'bgra', 'pal8', '0rgb'])('gives RGB (%s) a matrix and its tag', (pixelFormat) => {
    expect(chain({ pixelFormat }).filter).toMatch(/out_color_matrix=bt709.*setparams=colorspace=bt709/);
    expect(chain({ pixelFormat }).taggedBt709).toBe(true);
  });
});
