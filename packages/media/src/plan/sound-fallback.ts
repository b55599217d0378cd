/** What to try where the sound is what an encode fails on: a video is worth more than its sound. Pure. */
import type { AudioInfo } from './media-info.ts';
import { type ConvertPlan, whyRemux } from './plan.ts';

/** A few more tries, in order: other ways to sound, then none. */
export function soundFallbacks(plan: ConvertPlan): ConvertPlan[] {
  if (plan.audio === 'none') return [];
  return [...otherSounds(plan).map((other) => ({ ...plan, ...other })), silence(plan)];
}

/**
 * What was to be copied is encoded. Then the next track; where there is none, what was encoded already is tried with its
 * channels taken by their numbers.
 */
function otherSounds({ audio, info, reasons: planned }: ConvertPlan): Partial<ConvertPlan>[] {
  const failed = { code: 'copy_failed', detail: 'the sound could not be copied' } as const;
  const reasons = audio === 'copy' ? [...planned, failed] : planned;
  const encode = (track: AudioInfo | undefined): Partial<ConvertPlan> => ({
    outcome: 'processed',
    audio: 'encode',
    reasons,
    info: { ...info, audio: track, otherAudio: [] },
  });
  const next = info.otherAudio.slice(0, 1).map(encode);
  if (audio === 'copy') return [encode(info.audio), ...next];
  const isMixed = info.audio?.channelLayout !== undefined && info.audio.channels > 1;
  return next.length > 0 || !isMixed ? next : [encode({ ...info.audio, channelLayout: undefined })];
}

function silence(plan: ConvertPlan): ConvertPlan {
  const { info, source, warnings } = plan;
  const remuxed = plan.video === 'copy';
  const ofVideo = plan.reasons.filter(({ code }) => code !== 'audio_codec' && code !== 'loudness');
  return {
    ...plan,
    audio: 'none',
    info: { ...info, audio: undefined, otherAudio: [], durationSeconds: source.stats.durationSeconds },
    outcome: remuxed ? 'remuxed' : 'processed',
    reasons: remuxed ? [whyRemux(info)] : ofVideo,
    warnings: [
      ...warnings.filter(({ code }) => code !== 'extra_audio_dropped'),
      { code: 'audio_lost', message: 'The sound could not be read; the result has none.' },
    ],
  };
}
