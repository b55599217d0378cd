import { describe, expect, it } from 'vitest';
import { createPacketSummary } from './packet-stats.ts';

function summarize(lines: readonly string[], clockMayJump = false) {
  const summary = createPacketSummary({ clockMayJump });
  for (const line of lines) summary.add(line);
  return summary.stats();
}

const packet = (stream: number, pts: number | 'N/A', flags = '__', more = '') =>
  `stream_index=${stream}|pts_time=${pts}|dts_time=${pts}|duration_time=0.040000|size=100|flags=${flags}${more}`;

describe('createPacketSummary', () => {
  it('sums up each stream for itself', () => {
    const stats = summarize([packet(0, 0, 'K_'), packet(1, 0, 'K_'), packet(0, 0.04), packet(0, 0.08, 'K_')]);
    expect(stats.get(0)).toMatchObject({
      packets: 3,
      bytes: 300,
      firstSeconds: 0,
      lastSeconds: 0.08,
      firstPacketIsKey: true,
    });
    expect(stats.get(0)?.durationSeconds).toBeCloseTo(0.12);
    expect(stats.get(1)?.packets).toBe(1);
    expect(stats.has(2)).toBe(false);
  });

  it('takes a stream without times to last as long as its frames', () => {
    const lines = ['K_', '__', '__', '__'].map((flags) => packet(0, 'N/A', flags));
    expect(summarize(lines).get(0)).toMatchObject({ firstSeconds: 0, durationSeconds: 0.16, firstKeySeconds: 0 });
    expect(summarize(lines).get(0)?.lastSeconds).toBeCloseTo(0.12);
  });

  it('sees new parameters of the codec', () => {
    const more = '|side_data_type=New Extradata';
    expect(summarize([packet(0, 0, 'K_', '|side_data_type=MPEGTS Stream ID')]).get(0)?.newParameters).toBe(false);
    expect(summarize([packet(0, 0, 'K_'), packet(0, 1, 'K_', more)]).get(0)).toMatchObject({
      newParameters: true,
      keyPackets: 2,
    });
  });

  it('counts the stretch after the last key frame', () => {
    const stats = summarize([packet(0, 0, 'K_'), packet(0, 5, 'K_'), packet(0, 19.96)]);
    expect(stats.get(0)?.largestKeyGapSeconds).toBeCloseTo(15);
  });

  it('takes the whole for a gap when there is no key frame', () => {
    expect(summarize([packet(0, 0), packet(0, 8)]).get(0)).toMatchObject({
      firstKeySeconds: undefined,
      firstPacketIsKey: false,
    });
    expect(summarize([packet(0, 0), packet(0, 8)]).get(0)?.largestKeyGapSeconds).toBeCloseTo(8.04);
  });

  it('leaves out what an edit list hides', () => {
    const stats = summarize([packet(0, -0.5, 'KD'), packet(0, 0), packet(0, 1)]);
    expect(stats.get(0)).toMatchObject({ firstSeconds: 0, firstPacketIsKey: true });
  });

  it('falls back to decoding times, and to the average where a packet has no duration', () => {
    const line = (dts: number) => `stream_index=0|pts_time=N/A|dts_time=${dts}|duration_time=N/A|size=1|flags=K_`;
    expect(summarize([line(0), line(0.5), line(1)]).get(0)?.durationSeconds).toBeCloseTo(1.5);
  });

  it('does not count a jump of the clock where one may happen', () => {
    const lines = [packet(0, 100, 'K_'), packet(0, 100.04), packet(0, 5000, 'K_'), packet(0, 5000.04)];
    expect(summarize(lines, true).get(0)?.durationSeconds).toBeCloseTo(0.16);
    expect(summarize(lines, true).get(0)?.clockJumps).toBe(1);
    expect(summarize(lines, false).get(0)?.durationSeconds).toBeCloseTo(4900.08);
  });

  it('counts a step back of such a clock as one, as ffmpeg does', () => {
    const lines = [packet(0, 100, 'K_'), packet(0, 100.04), packet(0, 98, 'K_'), packet(0, 98.04)];
    expect(summarize(lines, true).get(0)).toMatchObject({ clockJumps: 1, durationSeconds: expect.closeTo(0.16) });
  });

  it('finds the longest gap between frames in the order of showing, also behind the last ones', () => {
    const shown = [0, 0.12, 0.04, 0.08, 9.2, 0.16].map(
      (pts, index) => `stream_index=0|pts_time=${pts}|dts_time=${index * 0.04 - 0.08}|duration_time=0.04|flags=K_`,
    );
    expect(summarize(shown).get(0)?.largestGapSeconds).toBeCloseTo(9.04);
    const steady = Array.from({ length: 100 }, (_, index) => packet(0, index * 0.04));
    expect(summarize(steady).get(0)?.largestGapSeconds).toBeCloseTo(0.04);
    expect(
      summarize([
        ...steady,
        packet(0, 6),
        ...Array.from({ length: 40 }, (_, index) => packet(0, 6.04 + index * 0.04)),
      ]).get(0)?.largestGapSeconds,
    ).toBeCloseTo(2.04);
  });

  it('ends with the packet that is shown last, however long another seems to be', () => {
    const packets = [
      ['0', '-0.08', '0.04'],
      ['0.08', '-0.04', '0.04'],
      ['0.04', '0', '13'],
      ['13.12', '13', '0.04'],
    ].map(
      ([pts, dts, duration]) => `stream_index=0|pts_time=${pts}|dts_time=${dts}|duration_time=${duration}|flags=K_`,
    );
    expect(summarize(packets).get(0)).toMatchObject({ lastSeconds: 13.12, durationSeconds: expect.closeTo(13.16) });
    expect(summarize(packets.slice(0, 3)).get(0)?.durationSeconds).toBeCloseTo(0.12);
  });

  it('counts hidden packets that do not say how long they last', () => {
    const lines = [
      [-1, 'KD'],
      [-0.6, '_D'],
      [-0.1, '_D'],
      [0.1, '__'],
    ].map(([time, flags]) => `stream_index=0|pts_time=${time}|dts_time=${time}|duration_time=N/A|flags=${flags}`);
    expect(summarize(lines).get(0)?.hiddenSeconds).toBeCloseTo(1.1);
  });

  it('tells by how much a packet is decoded after it is shown', () => {
    const lines = ['4.8|dts_time=4.2', '4.4|dts_time=4.4', '4.2|dts_time=4.6'].map(
      (times) => `stream_index=0|pts_time=${times}|duration_time=N/A|flags=__`,
    );
    expect(summarize(lines).get(0)?.decodedLateSeconds).toBeCloseTo(0.4);
    expect(summarize([packet(0, 0, 'K_')]).get(0)?.decodedLateSeconds).toBe(0);
  });

  it('passes over lines that are no packets', () => {
    expect(
      summarize(['', 'side_data|skip_samples=2048', 'stream_index=N/A|flags=K', packet(0, 0, 'K_', '|\n')]).size,
    ).toBe(1);
  });

  it('survives a stream without any time', () => {
    const stats = summarize([packet(0, 'N/A', 'K_')]).get(0);
    expect(stats).toMatchObject({ packets: 1, firstSeconds: 0, durationSeconds: 0.04, firstKeySeconds: 0 });
  });
});
