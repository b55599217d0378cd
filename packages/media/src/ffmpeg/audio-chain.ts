/** The chain of audio filters of an encode. Pure. */
import { loudnormFilter } from '../plan/loudness.ts';
import type { AudioInfo } from '../plan/media-info.ts';
import type { ConvertPlan } from '../plan/plan.ts';

/** Fills holes in the sound with silence, so that it does not drift away from the picture (ffmpeg-resampler). */
export const STEADY_AUDIO = 'aresample=async=1:first_pts=0';

/** For `-filter:a`; `undefined` where no sound is encoded. */
export function audioFilterChain({ audio, info, loudness }: Pick<ConvertPlan, 'audio' | 'info' | 'loudness'>) {
  if (audio !== 'encode' || info.audio === undefined) return undefined;
  const loudnorm = loudness === undefined ? [] : [STEREO, loudnormFilter(loudness)];
  return [...mixByNumber(info.audio), STEADY_AUDIO, ...loudnorm].join(',');
}

/** What a measurement of the loudness hears: the sound as it will be encoded, mixed down. */
export function measuringChain(info: Pick<ConvertPlan, 'audio' | 'info'>): string {
  return `${audioFilterChain({ ...info, loudness: undefined })},${STEREO},loudnorm=print_format=json`;
}

const STEREO = 'aformat=channel_layouts=stereo';

/** Gains by channel number, for the left and the right ear. */
interface Mix {
  readonly left: Readonly<Record<number, number>>;
  readonly right: Readonly<Record<number, number>>;
}

/** -3 dB: what two speakers, or two sources, share adds up to the same power (ITU-R BS.775-3, annex 4). */
const SHARED = Math.SQRT1_2;

/**
 * Channels without speakers, by how many there are, in the order that the containers' standards and most recorders
 * keep: left, right, centre, low frequencies (left out), then the surrounds. Others are taken as pairs.
 */
const MIXES: Readonly<Record<number, Mix>> = {
  3: { left: { 0: 1, 2: SHARED }, right: { 1: 1, 2: SHARED } },
  5: { left: { 0: 1, 2: SHARED, 3: SHARED }, right: { 1: 1, 2: SHARED, 4: SHARED } },
  6: { left: { 0: 1, 2: SHARED, 4: SHARED }, right: { 1: 1, 2: SHARED, 5: SHARED } },
  8: { left: { 0: 1, 2: SHARED, 4: SHARED, 6: SHARED }, right: { 1: 1, 2: SHARED, 5: SHARED, 7: SHARED } },
};

/** Of ambisonics of any order, two cardioids to the sides: of the channels in ACN order, W is 0 and Y is 1 (AmbiX). */
const AMBISONIC: Mix = { left: { 0: SHARED, 1: SHARED }, right: { 0: SHARED, 1: -SHARED } };

/** Even channels left, odd ones right, a last one without a partner on both; as loud together as one alone. */
function pairs(channels: number): Mix {
  const gain = 1 / Math.sqrt(Math.ceil(channels / 2));
  const numbers = Array.from({ length: channels }, (_, channel) => channel);
  const side = (rest: number) =>
    Object.fromEntries(
      numbers
        .filter((channel) => channel % 2 === rest || (channel === channels - 1 && channels % 2 === 1))
        .map((channel) => [channel, gain]),
    );
  return { left: side(0), right: side(1) };
}

/** Layouts whose channels are no speakers; ffmpeg calls 16 channels that nobody named hexadecagonal. */
const NO_SPEAKERS = /^\d+ channels$|ambisonic|AMBI|UNSD|UNK|USR|^hexadecagonal$/i;

/** More than any format that is read can hold: a hostile header may say anything. */
const MAX_CHANNELS = 255;

/**
 * ffmpeg mixes speakers: by their names it knows where they stand. Of channels without names, newer releases refuse to
 * mix even two ("Input channel layout is not supported"), older ones take them for speakers. What adds up is limited
 * rather than made quieter, so that one channel among silent ones keeps its level.
 */
function mixByNumber({ channels, channelLayout }: AudioInfo): string[] {
  const named = channelLayout !== undefined && !NO_SPEAKERS.test(channelLayout);
  if (named || channels < 2 || channels > MAX_CHANNELS) return [];
  if (channels === 2) return ['channelmap=0|1:stereo'];
  const mix = withHeadLocked(channelLayout, channels) ?? MIXES[channels] ?? pairs(channels);
  const sum = (gains: Mix['left']) =>
    Object.entries(gains)
      .map(([channel, gain]) => `${gain.toFixed(3)}*c${channel}`)
      .join('+');
  return [
    'aformat=sample_fmts=fltp',
    `pan=stereo|c0=${sum(mix.left)}|c1=${sum(mix.right)}`,
    'alimiter=limit=0.97:level=false:latency=true',
  ];
}

/** Ambisonics; behind them may stand two channels for the ears alone, as a narrator's (RFC 8486, section 3.1). */
function withHeadLocked(layout = '', channels: number): Mix | undefined {
  if (!/ambisonic/i.test(layout)) return undefined;
  if (!/stereo/.test(layout)) return AMBISONIC;
  return {
    left: { ...AMBISONIC.left, [channels - 2]: SHARED },
    right: { ...AMBISONIC.right, [channels - 1]: SHARED },
  };
}
