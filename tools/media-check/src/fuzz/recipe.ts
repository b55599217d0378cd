/** What the next file is: codecs, container, times, shape, and what is done to its header. Pure, from a seed. */
import { createDraw, type Draw } from './draw.ts';
import { drawHeaderEdits, type HeaderEdit } from './header-edits.ts';

export interface Recipe {
  /** Arguments of ffmpeg without the output's name; of a file in several parts, of each. */
  readonly parts: readonly (readonly string[])[];
  readonly edits: readonly HeaderEdit[];
  readonly hasSound: boolean;
  /** In words, for a report. */
  readonly about: string;
}

/** A container: ffmpeg's name of it, and the codecs that it is known to hold. */
interface Container {
  readonly format: string;
  readonly videos: readonly [VideoName, ...VideoName[]];
  readonly audios: readonly [AudioName, ...AudioName[]];
}

const VIDEOS = {
  h264: '-c:v libx264 -preset veryfast',
  'h264 without B-frames': '-c:v libx264 -preset ultrafast',
  hevc: '-c:v libx265 -preset ultrafast -x265-params log-level=none',
  vp8: '-c:v libvpx -deadline realtime -cpu-used 8',
  vp9: '-c:v libvpx-vp9 -deadline realtime -cpu-used 8',
  mpeg4: '-c:v mpeg4 -q:v 5',
  'mpeg4 with B-frames': '-c:v mpeg4 -q:v 5 -bf 2',
  mjpeg: '-c:v mjpeg -q:v 5',
  mpeg2: '-c:v mpeg2video -q:v 5 -bf 2',
  flv1: '-c:v flv1 -q:v 5',
} as const;
type VideoName = keyof typeof VIDEOS;

const AUDIOS = {
  none: { codec: '-an', channels: [1] },
  aac: { codec: '-c:a aac', channels: [1, 2, 2, 3, 4, 6, 8] },
  opus: { codec: '-c:a libopus', channels: [1, 2, 2, 6, 8] },
  pcm: { codec: '-c:a pcm_s16le', channels: [1, 2, 3, 4, 6, 8] },
  mp3: { codec: '-c:a libmp3lame', channels: [1, 2] },
  mp2: { codec: '-c:a mp2', channels: [1, 2] },
  ac3: { codec: '-c:a ac3', channels: [1, 2, 6] },
  flac: { codec: '-c:a flac', channels: [1, 2, 6] },
  vorbis: { codec: '-c:a libvorbis', channels: [1, 2, 6] },
} as const;
type AudioName = keyof typeof AUDIOS;

const CONTAINERS: readonly [Container, ...Container[]] = [
  {
    format: 'mp4',
    videos: ['h264', 'h264', 'hevc', 'mpeg4 with B-frames', 'mjpeg'],
    audios: ['none', 'aac', 'aac', 'ac3', 'mp3', 'opus'],
  },
  { format: 'mp4', videos: ['h264', 'h264 without B-frames'], audios: ['none', 'aac', 'aac'] },
  { format: 'mov', videos: ['h264', 'mjpeg', 'mpeg4'], audios: ['none', 'aac', 'pcm'] },
  {
    format: 'matroska',
    videos: ['h264', 'hevc', 'vp8', 'vp9', 'mpeg4 with B-frames', 'mpeg2', 'mjpeg'],
    audios: ['none', 'aac', 'opus', 'pcm', 'mp3', 'ac3', 'flac', 'vorbis'],
  },
  { format: 'webm', videos: ['vp8', 'vp9'], audios: ['none', 'opus', 'vorbis'] },
  { format: 'mpegts', videos: ['h264', 'h264', 'hevc', 'mpeg2'], audios: ['none', 'aac', 'mp2', 'ac3'] },
  { format: 'flv', videos: ['h264', 'flv1'], audios: ['none', 'aac', 'mp3'] },
  { format: 'avi', videos: ['mpeg4', 'mjpeg', 'h264 without B-frames'], audios: ['none', 'mp3', 'pcm', 'ac3'] },
  { format: '3gp', videos: ['h264', 'mpeg4'], audios: ['none', 'aac'] },
];

const RATES = ['1', '2', '5', '10', '15', '24000/1001', '25', '30000/1001', '30', '50', '60', '90', '120'] as const;
/** Those that may have an odd side. */
const ODD: ReadonlySet<VideoName> = new Set(['vp8', 'vp9', 'mjpeg']);

/** The file of a seed and an index. */
export function drawRecipe(seed: number, index: number): Recipe {
  const draw = createDraw(seed, index);
  const { format, videos, audios } = draw.one(CONTAINERS);
  const video = draw.one(videos);
  const audio = draw.one(audios);
  const words: string[] = [format, video];
  const say = (...more: readonly string[]) => words.push(...more);
  const seconds = draw.number(0.5, 6);
  const picture = drawPicture(draw, video, seconds, say);
  const sound = audio === 'none' ? undefined : drawSound(draw, audio, format, say);
  const isMp4 = ['mp4', 'mov', '3gp'].includes(format);
  const options = isMp4 ? drawMuxing(draw, video, say) : [];
  const shared = { video, audio, format, sound, options };
  if (format === 'mpegts' && draw.chance(0.25)) {
    return {
      ...twoProgrammes(draw, { ...shared, picture, seconds }, say),
      edits: [],
      hasSound: audio !== 'none',
      about: words.join(', '),
    };
  }
  if (format === 'mpegts' && draw.chance(0.2)) {
    return { ...drawTwoSizes(draw, shared, picture, seconds), about: [...words, 'then another size'].join(', ') };
  }
  const canEdit = isMp4 && !options.some((option) => option.includes('frag'));
  const edits = canEdit ? drawHeaderEdits(draw, seconds) : [];
  say(...edits.map(({ about }) => about));
  return { parts: [compose(shared, picture, seconds)], edits, hasSound: audio !== 'none', about: words.join(', ') };
}

interface Picture {
  readonly size: string;
  readonly rate: string;
  readonly filters: readonly string[];
  readonly late: number;
  readonly options: readonly string[];
}

function drawPicture(draw: Draw, video: VideoName, seconds: number, say: (...words: string[]) => void): Picture {
  const odd = ODD.has(video) && draw.chance(0.3) ? 1 : 0;
  const side = () => draw.integer(video === 'hevc' ? 32 : 10, 100) * 2 + odd;
  const size = `${side()}x${side()}`;
  // MPEG-2 knows few rates, and the timestamps of MPEG-4 count 65 535 in a second.
  const rate = video === 'mpeg2' ? draw.one(['25', '30', '30000/1001', '50']) : draw.one(RATES);
  say(size, `${rate} fps`);
  const filters: string[] = [];
  if (draw.chance(0.2)) {
    const shape = draw.one(['4/3', '8/9', '64/45', '2/1', '1/2']);
    filters.push(`setsar=${shape}`);
    say(`pixels ${shape}`);
  }
  const kind = video === 'mpeg2' ? 'steady' : draw.one(['steady', 'steady', 'steady', 'jitter', 'gap', 'slow']);
  const gap = draw.number(1, 15);
  const at = draw.number(0, seconds);
  if (kind === 'jitter') filters.push(`setpts='(N+0.4*sin(N*${draw.integer(1, 9)}))/(FRAME_RATE*TB)'`);
  if (kind === 'gap') filters.push(`setpts='PTS+if(gte(T,${at.toFixed(2)}),${gap.toFixed(2)}/TB,0)'`);
  if (kind === 'slow') filters.push(`setpts='N*(1+0.1*N)/(FRAME_RATE*TB)'`);
  if (kind === 'gap') say(`${gap.toFixed(1)} s without a frame at ${at.toFixed(1)}`);
  else if (kind !== 'steady') say(kind);
  const late = draw.chance(0.2) ? draw.number(-3, 3) : 0;
  if (late !== 0) say(`picture ${late.toFixed(2)} s`);
  const keys = draw.one([12, 30, 60, 250]);
  const options = ['-g', String(keys), ...(kind === 'steady' ? [] : ['-fps_mode', 'vfr', '-enc_time_base', '1/1000'])];
  return { size, rate, filters, late, options };
}

interface Sound {
  readonly channels: number;
  readonly sampleRate: number;
  readonly late: number;
  /** Seconds more or less than the picture. */
  readonly longer: number;
}

function drawSound(draw: Draw, audio: AudioName, format: string, say: (...words: string[]) => void): Sound {
  const [first, ...others] = AUDIOS[audio].channels;
  const channels = draw.one<number>([first, ...others]);
  const sampleRate = audio === 'opus' ? 48_000 : format === 'flv' ? 44_100 : draw.one([48_000, 44_100, 32_000]);
  const late = draw.chance(0.3) ? draw.number(-3, 3) : 0;
  const longer = draw.chance(0.2) ? draw.number(-1, 2) : 0;
  say(
    `${audio} ${channels} ch`,
    ...(late === 0 ? [] : [`sound ${late.toFixed(2)} s`]),
    ...(longer === 0 ? [] : [`sound ${longer.toFixed(2)} s longer`]),
  );
  return { channels, sampleRate, late, longer };
}

/** How the header is written. */
function drawMuxing(draw: Draw, video: VideoName, say: (...words: string[]) => void): string[] {
  const options: string[] = [];
  const flags: string[] = [];
  if (draw.chance(0.2)) {
    flags.push(
      ...draw.one([
        ['frag_keyframe', 'empty_moov'],
        ['frag_keyframe', 'empty_moov', 'default_base_moof'],
        ['frag_every_frame', 'empty_moov'],
      ]),
    );
    if (draw.chance(0.5)) options.push('-output_ts_offset', draw.number(0.5, 30).toFixed(2));
  }
  if (flags.length === 0 && draw.chance(0.25)) flags.push('faststart');
  if (video.startsWith('h264') && draw.chance(0.2)) flags.push('negative_cts_offsets');
  if (draw.chance(0.15)) options.push('-use_editlist', '0');
  if (draw.chance(0.2)) options.push('-video_track_timescale', draw.one(['600', '1000', '90000', '1000000', '57600']));
  if (flags.length > 0) options.push('-movflags', flags.map((flag) => `+${flag}`).join(''));
  if (options.length > 0) say(options.join(' '));
  return options;
}

interface Composition {
  readonly video: VideoName;
  readonly audio: AudioName;
  readonly format: string;
  readonly sound: Sound | undefined;
  readonly options: readonly string[];
}

const inputOf = ({ size, rate, late }: Picture, seconds: number) => [
  ...(late === 0 ? [] : ['-itsoffset', late.toFixed(3)]),
  ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}:duration=${seconds.toFixed(3)}`],
];

const soundOf = ({ sampleRate, late, longer }: Sound, seconds: number, frequency = 440) => [
  ...(late === 0 ? [] : ['-itsoffset', late.toFixed(3)]),
  ...[
    '-f',
    'lavfi',
    '-i',
    `sine=frequency=${frequency}:sample_rate=${sampleRate}:duration=${Math.max(0.3, seconds + longer).toFixed(3)}`,
  ],
];

function encodeOf({ video, audio, sound }: Composition, { filters, options }: Picture): string[] {
  const pixels = video === 'mjpeg' ? 'yuvj420p' : 'yuv420p';
  return [
    ...['-vf', [...filters, `format=${pixels}`].join(','), ...VIDEOS[video].split(' '), ...options],
    ...AUDIOS[audio].codec.split(' '),
    ...(sound === undefined ? [] : ['-ac', String(sound.channels)]),
    ...['-strict', '-2'],
  ];
}

function compose(composition: Composition, picture: Picture, seconds: number): string[] {
  const { sound, format, options } = composition;
  return [
    ...inputOf(picture, seconds),
    ...(sound === undefined ? [] : soundOf(sound, seconds)),
    ...encodeOf(composition, picture),
    ...options,
    ...['-f', format],
  ];
}

/** By so many frames is decoding ahead of showing, as the encoders of transport streams are set here. */
const REORDERED_FRAMES = 2;
/** A packet of sound, and what an encoder of it puts in front, are this long at most. */
const SOUND_REST = 0.1;

/** As phones and streams do when they are turned: another size from the middle on, once all before it is over. */
function drawTwoSizes(draw: Draw, composition: Composition, picture: Picture, seconds: number): Omit<Recipe, 'about'> {
  const filters = picture.filters.filter((filter) => filter.startsWith('setsar'));
  const sound = composition.sound && { ...composition.sound, late: 0, longer: 0 };
  const steady = { ...composition, sound };
  const first = { ...picture, filters, late: 0 };
  const second = { ...first, size: draw.one(['120x200', '200x120', '96x96']) };
  const [frames = 1, perSeconds = 1] = picture.rate.split('/').map(Number);
  const fps = frames / perSeconds;
  // ffmpeg moves the first part until no time of decoding is below 0, and the second one is there already.
  const moved = REORDERED_FRAMES / fps;
  const end = moved + Math.ceil(seconds * fps) / fps + (sound === undefined ? 0 : SOUND_REST);
  const later = ['-output_ts_offset', end.toFixed(3)];
  const parts = [compose(steady, first, seconds), [...compose(steady, second, seconds), ...later]];
  return { parts, edits: [], hasSound: sound !== undefined };
}

/** Two pictures, each with its own sound or one without, in either order. */
function twoProgrammes(
  draw: Draw,
  composition: Composition & { readonly picture: Picture; readonly seconds: number },
  say: (...words: string[]) => void,
): Pick<Recipe, 'parts'> {
  const { picture, sound, seconds } = composition;
  const isSwapped = draw.chance(0.5);
  say('two programmes', ...(isSwapped ? ['swapped'] : []));
  const count = sound === undefined ? 1 : 2;
  const inputs = [0, 1].flatMap((at) => [
    ...inputOf({ ...picture, size: at === 0 ? picture.size : '64x64' }, at === 0 ? seconds : seconds / 2),
    ...(sound === undefined ? [] : soundOf(sound, at === 0 ? seconds : seconds / 2, 440 + at * 440)),
  ]);
  const order = isSwapped ? [1, 0] : [0, 1];
  const maps = order.flatMap((at) =>
    Array.from({ length: count }, (_, stream) => ['-map', String(at * count + stream)]).flat(),
  );
  const programmes = order.flatMap((at) => {
    const streams = Array.from({ length: count }, (_, stream) => `st=${order.indexOf(at) * count + stream}`);
    return ['-program', ['title=p', `program_num=${at + 1}`, ...streams].join(':')];
  });
  return { parts: [[...inputs, ...maps, ...encodeOf(composition, picture), ...programmes, '-f', 'mpegts']] };
}
