/** What would become of a file, and by which commands: `media process --explain`. The file is probed, nothing is made. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkNeutralInput } from './ffmpeg/input-file.ts';
import { probeMedia } from './ffmpeg/probe.ts';
import type { MediaTools } from './ffmpeg/tools.ts';
import { OUTPUTS, type OutputKind } from './outputs/catalog.ts';
import { VIDEO_FILE } from './outputs/video.ts';
import { type MediaSummary, summarize } from './plan/media-summary.ts';
import { type ConvertPlan, explainOutcome, type Outcome, planProcessing, type Reason } from './plan/plan.ts';
import type { MediaWarning } from './plan/plan-warnings.ts';
import { predictOutput } from './plan/predict-output.ts';
import type { ProfileName } from './plan/profiles.ts';
import type { MediaSettings } from './plan/settings.ts';
import { quoteCommand } from './quote-command.ts';

export interface DryRunOptions {
  readonly file: string;
  /** Where the results would go. */
  readonly outDir: string;
  readonly settings: MediaSettings;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
}

export interface DryRun {
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

export interface ExplainedCommand {
  readonly output: OutputKind;
  readonly why: string;
  /** The folder to run it in, where that matters; its folders must exist. */
  readonly cwd: string | undefined;
  readonly command: readonly string[];
}

/** Throws what the probe throws. */
export async function dryRun(options: DryRunOptions): Promise<DryRun> {
  const { settings, tools, signal } = options;
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
    const commands = explainCommands(plan, options);
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

/** Those on the MP4 follow from what the MP4 is expected to be; a real run follows its probe, so details may differ. */
function explainCommands(plan: ConvertPlan, { settings, tools, file, outDir }: DryRunOptions): ExplainedCommand[] {
  const mp4 = { path: join(outDir, VIDEO_FILE.name), info: predictOutput(plan) };
  // The MP4 is made in any case.
  const wanted = OUTPUTS.filter(({ kind }) => kind === 'video' || settings.outputs.includes(kind));
  return wanted.flatMap(({ kind, explain }) => {
    const explained = explain({ plan, inputPath: file, mp4, outDir, tools });
    if (explained === undefined) return [];
    const { why, cwd, args } = explained;
    return [{ output: kind, why, cwd, command: [tools.ffmpeg.path, ...args] }];
  });
}
