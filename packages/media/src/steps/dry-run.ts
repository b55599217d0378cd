/** What would become of a file, and by which commands: `media process --explain`. The file is probed, nothing is made. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExplainedCommand, explainCommands } from '../ffmpeg/explain.ts';
import { linkNeutralInput } from '../ffmpeg/input-file.ts';
import { type MediaSummary, summarize } from '../ffmpeg/media-summary.ts';
import { probeMedia } from '../ffmpeg/probe.ts';
import type { MediaTools } from '../ffmpeg/tools.ts';
import type { OutputKind } from '../plan/outputs.ts';
import { type ConvertPlan, type Outcome, planProcessing, type Reason } from '../plan/plan.ts';
import type { MediaWarning } from '../plan/plan-warnings.ts';
import type { ProfileName } from '../plan/profiles.ts';
import type { MediaSettings } from '../plan/settings.ts';
import { HLS_FOLDER, STORYBOARD_NAME } from './derive.ts';
import { explainOutcome, POSTER_NAME, VIDEO_NAME } from './encode.ts';
import { quoteCommand } from './quote-command.ts';

export interface ExplainFileOptions {
  readonly file: string;
  /** Where the results would go. */
  readonly outDir: string;
  readonly settings: MediaSettings;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
}

export interface FileExplanation {
  readonly explain: true;
  /** What is planned; a truncated file shows only when it is read to its end. */
  readonly outcome: Outcome;
  readonly code: string;
  readonly reason: string;
  readonly reasons: readonly Reason[];
  readonly warnings: readonly MediaWarning[];
  readonly profile: ProfileName;
  readonly requested: readonly OutputKind[];
  readonly plan: Pick<ConvertPlan, 'video' | 'audio' | 'target'> | undefined;
  readonly input: MediaSummary | undefined;
  readonly commands: readonly ExplainedCommand[];
  readonly outputs: readonly [];
  /** The same for a person. */
  readonly lines: readonly string[];
}

/** Throws what the probe throws. */
export async function dryRun(options: ExplainFileOptions): Promise<FileExplanation> {
  const { settings, tools, signal, outDir } = options;
  const workDir = await mkdtemp(join(tmpdir(), 'media-explain-'));
  try {
    const inputPath = await linkNeutralInput(options.file, workDir);
    const probe = await probeMedia({ inputPath, tools, maxPixels: settings.policy.maxInputPixels, signal });
    const plan = planProcessing(probe, settings.policy);
    const common = { explain: true, profile: settings.profile, requested: settings.outputs, outputs: [] } as const;
    const input = summarize(probe);
    if (plan.action === 'reject') {
      const { code, reason } = plan.rejection;
      const nothing = { reasons: [], warnings: [], plan: undefined, commands: [] };
      return { ...common, ...nothing, outcome: 'rejected', code, reason, input, lines: [`rejected: ${reason}`] };
    }
    const { outcome, reasons, warnings, video, audio, target } = plan;
    const reason = explainOutcome(outcome, reasons);
    const commands = explainCommands({
      plan,
      outputs: settings.outputs,
      tools,
      paths: {
        input: options.file,
        video: join(outDir, VIDEO_NAME),
        poster: join(outDir, POSTER_NAME),
        storyboard: join(outDir, STORYBOARD_NAME),
        hls: join(outDir, HLS_FOLDER),
      },
    });
    const code = reasons[0]?.code ?? outcome;
    return {
      ...common,
      outcome,
      code,
      reason,
      reasons,
      warnings,
      plan: { video, audio, target },
      input,
      commands,
      lines: [
        `${outcome}: ${reason}`,
        ...warnings.map((warning) => `warning: ${warning.message}`),
        `video ${video}${video === 'encode' ? ` to ${target.width}x${target.height}` : ''}, audio ${audio}, profile ${settings.profile}`,
        ...commands.flatMap(({ output, why, cwd, command }) => [
          `\n# ${output}: ${why}`,
          ...(cwd === undefined ? [] : [`cd ${quoteCommand([cwd])}`]),
          quoteCommand(command),
        ]),
      ],
    };
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}
