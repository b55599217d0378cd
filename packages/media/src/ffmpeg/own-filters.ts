/**
 * The last look at a command line before it runs: only filters that we use, only streams by number. Whatever a builder
 * was handed (a forged stream index became `drawtext=textfile=…` and showed a file of the host), no filter that opens
 * files or addresses is ever run. Pure.
 */

const FILTERS: ReadonlySet<string> = new Set([
  ...['aformat', 'alimiter', 'apad', 'aresample', 'channelmap', 'ebur128', 'loudnorm', 'pan'],
  ...['bwdif', 'concat', 'crop', 'format', 'fps', 'pad', 'scale', 'setparams', 'setpts', 'setsar', 'split'],
  ...['thumbnail', 'tile', 'tonemap', 'tpad', 'trim', 'zscale'],
]);

/** Options whose value is a file to read the graph, or any option, from. */
const FROM_FILE = /^-(\/|filter(_complex)?_script(:|$))/;

const GRAPH_OPTION = /^-(filter(_complex)?|lavfi|vf|af)(:|$)/;
/** `0:1`, or the output of a filter by its name. */
const MAPPED = /^(\d{1,3}:\d{1,5}|\[[a-z0-9]+\])$/;

/** @throws {TypeError} naming the filter, stream or option that is none of ours. */
export function assertOwnFilters(args: readonly string[]): void {
  for (const [at, option] of args.entries()) {
    const value = args[at + 1] ?? '';
    if (option === '-map' && !MAPPED.test(value)) throw new TypeError(`"${value}" is no stream to map`);
    if (FROM_FILE.test(option)) throw new TypeError(`"${option}" reads a file; no command of ours does`);
    if (!GRAPH_OPTION.test(option)) continue;
    const foreign = filtersOf(value).find((name) => !FILTERS.has(name));
    if (foreign !== undefined) throw new TypeError(`"${foreign}" is no filter of ours`);
  }
}

/**
 * The names of the filters of a graph: what stands at the start of each part, behind its labels. Quoted and escaped
 * characters end no part (ffmpeg-utils, quoting and escaping); a quote that does not close hides nothing.
 */
function filtersOf(graph: string): string[] {
  const bare = graph.replace(/\\.|'[^']*'/gs, '');
  return bare.split(/[,;]/).map((part) => /^([a-z0-9_]*)/.exec(part.replace(/^\s*(\[[^\]]*\])*\s*/, ''))?.[1] ?? '');
}
