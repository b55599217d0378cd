/**
 * Sums up the packets of a file line by line, as ffprobe prints them, in memory that does not grow with the file. Tells
 * what a file really holds where its header lies (a fragmented MP4 said 143 165 s and held 1.07 s) or is silent (WebM
 * from MediaRecorder).
 */
import type { PacketStats } from '../plan/media-info.ts';
import { createStreamClock, isSpanned, mayHavePaused, type StreamClock } from './stream-clock.ts';

/** What ffprobe is asked for; it prints `stream_index=0|pts_time=0.04|…` with `-of compact=p=0`. */
export const PACKET_ENTRIES =
  'packet=stream_index,pts_time,dts_time,duration_time,size,flags:packet_side_data=side_data_type';

export interface PacketSummary {
  add(line: string): void;
  /** The one stream that has packets makes jumps that may be time in which nothing was shown: no other one tells. */
  readonly mayHavePaused: boolean;
  /**
   * By absolute stream index; streams without a packet are absent.
   *
   * @param options `neverRestarts`: another look has shown that the clock is one from the start to the end.
   */
  stats(options?: { readonly neverRestarts?: boolean }): ReadonlyMap<number, PacketStats>;
}

/** Containers whose clock may start anew in the middle (AVFMT_TS_DISCONT in libavformat). */
const JUMPING_CLOCKS = new Set(['mpegts', 'mpeg']);

/** Transport and program streams: they have no header that says how long they are. By ffprobe's name of the container. */
export function clockMayJump(format: string): boolean {
  return JUMPING_CLOCKS.has(format);
}

export interface PacketSummaryOptions {
  /** The container's clock may start anew in the middle: MPEG transport and program streams. */
  readonly clockMayJump: boolean;
}

export function createPacketSummary({ clockMayJump }: PacketSummaryOptions): PacketSummary {
  const streams = new Map<number, StreamCounts>();
  return {
    add(line) {
      const packet = readPacket(line);
      if (packet === undefined) return;
      const known = streams.get(packet.stream);
      const counts = known ?? { clock: createStreamClock(), jumped: 0, asTold: startCount(packet), joined: undefined };
      if (known === undefined) streams.set(packet.stream, counts);
      if (clockMayJump) followClock(counts, packet);
      count(counts.asTold, packet);
      if (counts.joined !== undefined) count(counts.joined, earlier(packet, counts.jumped));
    },
    get mayHavePaused() {
      const [only, ...others] = streams.values();
      return only !== undefined && others.length === 0 && mayHavePaused(only.clock);
    },
    stats: ({ neverRestarts = false } = {}) => {
      const clocks = [...streams.values()].map(({ clock }) => clock);
      const isSteady = ({ clock, joined }: StreamCounts) =>
        neverRestarts || joined === undefined || isSpanned(clock, clocks);
      return new Map([...streams].map(([index, counts]) => [index, sumUpClock(counts, isSteady(counts))]));
    },
  };
}

/** A stream by its times as they are, and, from the first jump of its clock on, as if there were none. */
interface StreamCounts {
  readonly clock: StreamClock;
  readonly asTold: StreamCount;
  joined: StreamCount | undefined;
  /** Time lost or won by jumps of the timestamps. */
  jumped: number;
}

function followClock(counts: StreamCounts, packet: Packet): void {
  const jump = counts.clock.step(packet);
  if (jump === 0) return;
  counts.joined ??= { ...counts.asTold, latest: [...counts.asTold.latest] };
  counts.jumped += jump;
}

const earlier = (packet: Packet, seconds: number): Packet => ({
  ...packet,
  time: packet.time - seconds,
  decodeTime: packet.decodeTime - seconds,
});

function sumUpClock({ clock, asTold, joined = asTold }: StreamCounts, isSteady: boolean): PacketStats {
  return { ...sumUp(isSteady ? asTold : joined), clockJumps: isSteady ? 0 : clock.jumps.length };
}

interface Packet {
  readonly stream: number;
  readonly time: number;
  readonly decodeTime: number;
  readonly duration: number;
  readonly size: number;
  readonly key: boolean;
  /** As ffmpeg calls it in `av_packet_side_data_name`. */
  readonly newParameters: boolean;
  /** Decoded but not shown, by an edit list. */
  readonly discarded: boolean;
}

interface StreamCount {
  packets: number;
  bytes: number;
  first: number;
  last: number;
  end: number;
  readonly firstIsKey: boolean;
  keys: number;
  newParameters: boolean;
  firstKey: number | undefined;
  lastKey: number;
  largestKeyGap: number;
  largestStep: number;
  /** Times of the packets that were read last, in the order of showing, to measure the steps between them. */
  readonly latest: number[];
  hidden: number;
  /** When the packet before this one is decoded, if it is hidden and does not say how long it lasts. */
  hiddenSince: number;
  decodedLate: number;
  /** The durations of all packets. */
  lasted: number;
}

function readPacket(line: string): Packet | undefined {
  const stream = field(line, 'stream_index=');
  if (stream === undefined) return undefined;
  const pts = field(line, 'pts_time=');
  const dts = field(line, 'dts_time=');
  const flags = /(?:^|\|)flags=([^|]*)/.exec(line)?.[1] ?? '';
  return {
    stream,
    time: pts ?? dts ?? Number.NaN,
    decodeTime: dts ?? pts ?? Number.NaN,
    duration: field(line, 'duration_time=') ?? 0,
    size: field(line, 'size=') ?? 0,
    key: flags.includes('K'),
    newParameters: line.includes('|side_data_type=New Extradata'),
    discarded: flags.includes('D'),
  };
}

function field(line: string, name: string): number | undefined {
  const at = line.startsWith(name) ? 0 : line.indexOf(`|${name}`) + 1;
  if (at === 0 && !line.startsWith(name)) return undefined;
  const value = Number.parseFloat(line.slice(at + name.length));
  return Number.isFinite(value) ? value : undefined;
}

function startCount(packet: Packet): StreamCount {
  return {
    packets: 0,
    bytes: 0,
    first: Infinity,
    last: -Infinity,
    end: -Infinity,
    firstIsKey: packet.key,
    keys: 0,
    newParameters: false,
    firstKey: undefined,
    lastKey: Number.NaN,
    largestKeyGap: 0,
    largestStep: 0,
    latest: [],
    hidden: 0,
    hiddenSince: Number.NaN,
    decodedLate: 0,
    lasted: 0,
  };
}

function count(counted: StreamCount, packet: Packet): void {
  counted.packets += 1;
  counted.bytes += packet.size;
  counted.lasted += packet.duration;
  if (packet.key) counted.keys += 1;
  if (packet.newParameters) counted.newParameters = true;
  countHidden(counted, packet);
  if (packet.decodeTime - packet.time > counted.decodedLate) counted.decodedLate = packet.decodeTime - packet.time;
  if (Number.isNaN(packet.time)) return;
  const { time } = packet;
  if (packet.key) {
    counted.firstKey ??= time;
    if (time - counted.lastKey > counted.largestKeyGap) counted.largestKeyGap = time - counted.lastKey;
    counted.lastKey = time;
  }
  if (packet.discarded) return;
  follow(counted, time);
  counted.first = Math.min(counted.first, time);
  // The length of an earlier one says nothing: in MP4 it is the step to the next in the order of decoding.
  if (time >= counted.last) counted.end = time + packet.duration;
  counted.last = Math.max(counted.last, time);
}

/** In MP4, a packet lasts until the next one is decoded; of a variable rate with B-frames ffprobe does not tell it. */
function countHidden(counted: StreamCount, { discarded, duration, decodeTime }: Packet): void {
  if (decodeTime > counted.hiddenSince) counted.hidden += decodeTime - counted.hiddenSince;
  counted.hiddenSince = discarded && duration === 0 ? decodeTime : Number.NaN;
  if (discarded) counted.hidden += duration;
}

/** More frames than any codec holds back to show them in another order (16 in H.264 and HEVC). */
const REORDERED_FRAMES = 17;

/** Measures the step from the earliest of the latest packets to the next one, once none can come between them. */
function follow(counted: StreamCount, time: number): void {
  const { latest } = counted;
  const at = latest.findLastIndex((earlier) => earlier <= time) + 1;
  latest.splice(at, 0, time);
  if (latest.length <= REORDERED_FRAMES) return;
  const [first = time, second = time] = latest;
  counted.largestStep = Math.max(counted.largestStep, second - first);
  latest.shift();
}

/** Of a stream without any time, all that is known is how long its frames last. */
function timeByDurations(counted: StreamCount): void {
  counted.first = 0;
  counted.last = counted.lasted * (1 - 1 / counted.packets);
  counted.end = counted.lasted;
  if (counted.firstIsKey) counted.firstKey = 0;
}

const stepsOf = (times: readonly number[]): number[] => times.slice(1).map((time, at) => time - (times[at] ?? time));

function sumUp(counted: StreamCount): Omit<PacketStats, 'clockJumps'> {
  if (counted.first === Infinity) timeByDurations(counted);
  const first = Number.isFinite(counted.first) ? counted.first : 0;
  const last = Number.isFinite(counted.last) ? counted.last : first;
  // Matroska has no duration for a packet: the last frame is taken to last as long as the one before it.
  const end = counted.end > last ? counted.end : last + (stepsOf(counted.latest).at(-1) ?? 0);
  const afterLastKey = end - counted.lastKey;
  return {
    packets: counted.packets,
    bytes: counted.bytes,
    firstSeconds: first,
    lastSeconds: last,
    durationSeconds: Math.max(0, end - first),
    firstPacketIsKey: counted.firstIsKey,
    firstKeySeconds: counted.firstKey,
    keyPackets: counted.keys,
    newParameters: counted.newParameters,
    largestKeyGapSeconds: Number.isNaN(afterLastKey) ? end - first : Math.max(counted.largestKeyGap, afterLastKey),
    largestGapSeconds: Math.max(counted.largestStep, ...stepsOf(counted.latest), end - last),
    hiddenSeconds: counted.hidden,
    decodedLateSeconds: counted.decodedLate,
  };
}
