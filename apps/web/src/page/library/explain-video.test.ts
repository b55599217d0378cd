import { describe, expect, it } from 'vitest';
import { explainVideo } from './explain-video.ts';

const facts = (reasons: readonly { code: string; detail: string }[], videoCodec = 'h264', audioCodec?: string) => ({
  input: { videoCodec, audioCodec },
  reasons,
});

describe('explainVideo', () => {
  it('says that a video was copied, with its codecs', () => {
    const reasons = [{ code: 'moov_at_end', detail: 'the index stands at the end of the file' }];
    expect(explainVideo({ outcome: 'remuxed', facts: facts(reasons, 'h264', 'aac') })).toEqual({
      short: 'Copied: already H.264/AAC',
      details: ['The index stands at the end of the file.'],
    });
  });

  it('names the codec that was encoded', () => {
    const reasons = [
      { code: 'video_codec', detail: 'the video is hevc, not H.264' },
      { code: 'hdr', detail: 'high dynamic range (smpte2084)' },
    ];
    const explained = explainVideo({ outcome: 'processed', facts: facts(reasons, 'hevc', 'aac') });
    expect(explained?.short).toBe('Encoded: HEVC');
    expect(explained?.details).toHaveLength(2);
  });

  it('says if only the audio was encoded', () => {
    const reasons = [{ code: 'audio_codec', detail: 'the audio is ac3, not AAC' }];
    expect(explainVideo({ outcome: 'processed', facts: facts(reasons, 'h264', 'ac3') })?.short).toBe(
      'Sound encoded: AC-3; picture copied',
    );
  });

  it('says why AAC itself was encoded', () => {
    const reasons = [{ code: 'audio_codec', detail: 'the audio has 6 channels' }];
    expect(explainVideo({ outcome: 'processed', facts: facts(reasons, 'h264', 'aac') })?.short).toBe(
      'Sound encoded: the audio has 6 channels; picture copied',
    );
  });

  it('gives the first reason if the codec was not the cause', () => {
    const reasons = [{ code: 'interlaced', detail: 'the picture is interlaced' }];
    expect(explainVideo({ outcome: 'processed', facts: facts(reasons) })?.short).toBe(
      'Encoded: the picture is interlaced',
    );
  });

  it('says nothing without an outcome, and little without facts', () => {
    expect(explainVideo({ outcome: null, facts: {} })).toBeUndefined();
    expect(explainVideo({ outcome: 'rejected', facts: {} })).toBeUndefined();
    expect(explainVideo({ outcome: 'processed', facts: { reasons: 'all', input: null } })?.short).toBe('Encoded');
  });
});
