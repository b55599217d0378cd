/** What a run with drawn files says, at most 80 columns wide. Pure. */
import { wrap } from '../wrap.ts';
import type { FuzzedFile } from './fuzz-media.ts';

/** What is wrong with a file; nothing when nothing is. */
export function renderFuzzed({ index, about, verdict, runs }: FuzzedFile): string[] {
  if (verdict !== 'wrong') return [];
  const told = runs.flatMap(({ ffmpeg, outcome, findings }) =>
    findings.flatMap(({ kind, message }) => wrap(`  ${ffmpeg.split(/[-+]/, 1)[0]} ${outcome}, ${kind}: ${message}`)),
  );
  return [...wrap(`${index}: ${about}`), ...told];
}

export function renderFuzzSummary(seed: number, files: readonly FuzzedFile[]): string[] {
  const count = (verdict: FuzzedFile['verdict']) => files.filter((file) => file.verdict === verdict).length;
  const wrong = count('wrong');
  const kinds = files.flatMap(({ runs }) => [
    ...new Set(runs.flatMap(({ findings }) => findings.map(({ kind }) => kind))),
  ]);
  const counts = [...new Set(kinds)].map((kind) => `${kind} ${kinds.filter((other) => other === kind).length}`);
  return [
    ...wrap(
      `${files.length} files: ${count('ok')} as they should be, ${wrong} wrong, ${count('disagree')} that readers ` +
        `disagree on, ${count('unreadable')} that show nothing, ${count('unmade')} that ffmpeg does not write`,
    ),
    wrong === 0 ? 'passed' : `FAILED (${counts.join(', ')}); one again: npm run fuzz:media -- --seed ${seed} --index N`,
  ].flatMap(wrap);
}
