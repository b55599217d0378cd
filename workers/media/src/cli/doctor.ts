/** `media doctor`: what is wrong with this set-up, and how to mend it. */

import type { Finding } from '@supabase-media/diagnosis/findings';
import { createRedactor } from '@supabase-media/service/redact';
import { type DoctorReport, runDoctor } from '../doctor/run-doctor.ts';
import type { CommandContext } from './run-command.ts';

export interface DoctorCommandOptions {
  readonly probe: boolean;
  readonly sourceBucket?: string | undefined;
}

const WIDTH = 80;
const INDENT = ' '.repeat(20);

/** Breaks a text at spaces; a word longer than a line stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

/** What it means and what to do are told once for findings of one kind that follow each other. */
function describeFinding(finding: Finding, next: Finding | undefined): string[] {
  const { status, check, code, message, meaning, remedy } = finding;
  const inColumn = (text: string) => wrap(text, WIDTH - INDENT.length);
  const isTold = meaning === undefined || remedy === undefined || next?.code === code;
  const told = [
    ...inColumn(code === 'ok' ? message : `${code}: ${message}`),
    ...(isTold ? [] : [...inColumn(meaning), ...inColumn(`→ ${remedy}`)]),
  ];
  const head = `${status.padEnd(9)}${check.padEnd(11)}`;
  return told.map((line, index) => (index === 0 ? head : INDENT) + line);
}

/** The lines for people, at most 80 columns where words allow. */
export function describeReport({ findings, seconds }: DoctorReport): string[] {
  const count = (status: Finding['status']) => findings.filter((finding) => finding.status === status).length;
  const sum = `errors: ${count('error')}, warnings: ${count('warning')}, ok: ${count('ok')}, in ${seconds.toFixed(1)} s`;
  return [...findings.flatMap((finding, index) => describeFinding(finding, findings[index + 1])), '', sum];
}

/** Prints the report; exit code 1 when there is an error in it. */
export async function doctorCommand(context: CommandContext, options: DoctorCommandOptions): Promise<void> {
  const { config, signal } = context;
  const report = await runDoctor({ config, signal, probe: options.probe, sourceBucket: options.sourceBucket });
  const redact = createRedactor(config.secrets).text;
  const findings = report.findings.map((finding) => ({ ...finding, message: redact(finding.message) }));
  const shown = { ...report, findings, seconds: Math.round(report.seconds * 10) / 10 };
  context.output.result(shown, describeReport(shown));
  if (report.status === 'error') process.exitCode = 1;
}
