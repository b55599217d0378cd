import { formatSeconds } from '@supabase-media/core/format';
import { effectiveFps } from './copy-rules.ts';
import type { HdrKind, ProbeResult } from './media-info.ts';

/** The facts about a file that people ask for; small enough for a database row. */
export interface MediaSummary {
  readonly sizeBytes: number;
  readonly format: string;
  /** Measured from the packets, to the millisecond. */
  readonly durationSeconds: number;
  /** As a viewer sees it. */
  readonly width: number;
  readonly height: number;
  readonly rotation: number;
  readonly fps: number | undefined;
  readonly bitRate: number | undefined;
  readonly videoCodec: string;
  readonly pixelFormat: string | undefined;
  readonly hdr: HdrKind | undefined;
  readonly audioCodec: string | undefined;
  readonly audioChannels: number | undefined;
}

/** `undefined` for a file without a video. */
export function summarize(probe: ProbeResult): MediaSummary | undefined {
  if (!probe.readable || probe.video === undefined) return undefined;
  const { video, audio, durationSeconds } = probe;
  const fps = effectiveFps(video);
  return {
    sizeBytes: probe.sizeBytes,
    format: probe.format,
    durationSeconds: round(durationSeconds),
    width: video.displayWidth,
    height: video.displayHeight,
    rotation: video.rotation,
    fps: fps === undefined ? undefined : round(fps),
    bitRate: durationSeconds > 0 ? Math.round((probe.sizeBytes * 8) / durationSeconds) : undefined,
    videoCodec: video.codec,
    pixelFormat: video.pixelFormat,
    hdr: video.hdr,
    audioCodec: audio?.codec,
    audioChannels: audio?.channels,
  };
}

/** For the log. */
export function describeProbe(probe: ProbeResult): string {
  const facts = summarize(probe);
  if (facts === undefined) return 'no video in it';
  return `${facts.videoCodec} ${facts.width}x${facts.height}, ${formatSeconds(facts.durationSeconds)}, audio ${facts.audioCodec ?? 'none'}`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
