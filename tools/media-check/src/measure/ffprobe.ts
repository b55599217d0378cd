/** Asks ffprobe and hands on its lines as they come: a file's frames are never all in memory as text. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What is asked of one file. */
export interface Question {
  /** The program. */
  readonly ffprobe: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** A static build crashes on the service names of a transport stream when it loads the system's character sets. */
const ENVIRONMENT = { ...process.env, LC_ALL: 'C', GCONV_PATH: '/nonexistent' };

/** Calls `onRow` for each line, read as `key=value|key=value`. Throws when ffprobe cannot be run or is stopped. */
async function readRows(question: Question, onRow: (row: ReadonlyMap<string, string>) => void): Promise<void> {
  const { ffprobe, path, args, signal } = question;
  const child = spawn(ffprobe, ['-v', 'error', ...args, '-of', 'compact=p=0', `file:${path}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: ENVIRONMENT,
    signal,
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  // It fails before it is waited for when it is interrupted while it is read.
  ended.catch(() => {});
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === '') continue;
    onRow(
      new Map(line.split('|').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])),
    );
  }
  await ended;
}

/** A number of a row; `undefined` where ffprobe says nothing or N/A. */
function numberOf(row: ReadonlyMap<string, string>, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = Number.parseFloat(row.get(name) ?? '');
    if (Number.isFinite(value)) return value;
  }
  return undefined;
}

/** `4:3` as 1.333; 1 where nothing is said. */
function ratioOf(text: string | undefined): number {
  const [width, height] = (text ?? '').split(/[:/]/).map(Number);
  return width !== undefined && height !== undefined && width > 0 && height > 0 ? width / height : 1;
}

/** A stream of a file, as its header and its packets tell. */
export interface StreamFacts {
  readonly index: number;
  readonly type: string;
  readonly packets: number;
  readonly isDefault: boolean;
  readonly isCover: boolean;
  /** Degrees, a multiple of 90 in nearly all files. */
  readonly rotation: number;
  readonly realFps: number;
  readonly averageFps: number;
  readonly pixels: number;
  /** Of a transport stream with several, those that it belongs to. */
  readonly programmes: readonly number[];
}

/** The streams that ffprobe knows a codec of. */
export async function readStreams(question: Omit<Question, 'args'>): Promise<StreamFacts[]> {
  const streams: StreamFacts[] = [];
  const programmes = await readProgrammes(question);
  const entries =
    'stream=index,codec_type,codec_name,nb_read_packets,r_frame_rate,avg_frame_rate,width,height' +
    ':stream_disposition=default,attached_pic,timed_thumbnails:stream_side_data=rotation';
  await readRows({ ...question, args: ['-count_packets', '-show_entries', entries] }, (row) => {
    const last = streams.at(-1);
    const turn = numberOf(row, 'rotation');
    // Behind other side data, it comes in a line of its own.
    if (!row.has('codec_name') && last !== undefined && turn !== undefined) {
      streams[streams.length - 1] = { ...last, rotation: turn };
    }
    // Streams of a programme are told once more inside it.
    if (!row.has('codec_name') || streams.some(({ index }) => index === numberOf(row, 'index'))) return;
    streams.push({
      index: numberOf(row, 'index') ?? 0,
      type: row.get('codec_type') ?? '',
      packets: numberOf(row, 'nb_read_packets') ?? 0,
      isDefault: row.get('disposition:default') === '1',
      isCover: row.get('disposition:attached_pic') === '1' || row.get('disposition:timed_thumbnails') === '1',
      rotation: numberOf(row, 'rotation', 'side_datum:rotation', 'side_datum/display_matrix:rotation') ?? 0,
      realFps: ratioOf(row.get('r_frame_rate')),
      averageFps: ratioOf(row.get('avg_frame_rate')),
      pixels: (numberOf(row, 'width') ?? 0) * (numberOf(row, 'height') ?? 0),
      programmes: programmes.get(numberOf(row, 'index') ?? 0) ?? [],
    });
  });
  return streams;
}

/** By the index of a stream, the numbers of its programmes. */
async function readProgrammes(question: Omit<Question, 'args'>): Promise<ReadonlyMap<number, readonly number[]>> {
  const found = new Map<number, number[]>();
  let programme = Number.NaN;
  const args = ['-show_entries', 'program=program_num:program_stream=index'];
  // A programme is followed by its streams, in one line or in several.
  await readRows({ ...question, args }, (row) => {
    programme = numberOf(row, 'program_num') ?? programme;
    const index = numberOf(row, 'index', 'stream:index');
    if (index !== undefined) found.set(index, [...(found.get(index) ?? []), programme]);
  });
  return found;
}

/** When the frames of a stream are shown or heard. Seconds, edit lists honoured. */
export interface FrameTimes {
  /** Ascending. */
  readonly times: readonly number[];
  /** When the last one is over. */
  readonly end: number;
  /** Width by height as shown, without rotation, of the first frame; `NaN` of sound. */
  readonly aspect: number;
  /** Frames that are shown at an earlier time than one before them. */
  readonly returns: number;
  /** How many different sizes there are. */
  readonly sizes: number;
  /** Pixels of the first frame's shorter side, as shown; `NaN` of sound. */
  readonly shortSide: number;
}

/** Decodes a stream. `undefined` when nothing of it can be decoded. */
export async function readFrames(question: Omit<Question, 'args'>, index: number): Promise<FrameTimes | undefined> {
  const entries =
    'frame=best_effort_timestamp_time,pkt_duration_time,duration_time,width,height,sample_aspect_ratio,nb_samples';
  const times: number[] = [];
  const sizes = new Set<string>();
  let end = 0;
  let latest = Number.NEGATIVE_INFINITY;
  let returns = 0;
  let aspect = Number.NaN;
  let shortSide = Number.NaN;
  const args = ['-select_streams', String(index), '-show_entries', entries];
  await readRows({ ...question, args }, (row) => {
    const time = numberOf(row, 'best_effort_timestamp_time');
    if (time === undefined) return;
    times.push(time);
    if (time < latest) returns++;
    latest = Math.max(latest, time);
    end = Math.max(end, time + (numberOf(row, 'duration_time', 'pkt_duration_time') ?? 0));
    const width = numberOf(row, 'width');
    const height = numberOf(row, 'height');
    if (width === undefined || height === undefined) return;
    const shown = (width / height) * ratioOf(row.get('sample_aspect_ratio'));
    if (sizes.size === 0) [aspect, shortSide] = [shown, Math.min(height, shown * height)];
    sizes.add(`${width}x${height}`);
  });
  times.sort((a, b) => a - b);
  return times.length === 0 ? undefined : { times, end, returns, aspect, shortSide, sizes: sizes.size };
}

/** One packet as the container tells of it. Seconds and bytes. */
export interface Packet {
  readonly time: number;
  readonly bytes: number;
}

/** The packets of a stream in the order of the file. An encoder's warm-up is there too, at times before its start. */
export async function readPackets(question: Omit<Question, 'args'>, index: number): Promise<Packet[]> {
  const packets: Packet[] = [];
  const args = ['-select_streams', String(index), '-show_entries', 'packet=pts_time,size'];
  await readRows({ ...question, args }, (row) => {
    const time = numberOf(row, 'pts_time');
    if (time !== undefined) packets.push({ time, bytes: numberOf(row, 'size') ?? 0 });
  });
  return packets;
}
