/** The way to Storage, longer and narrower than that of one machine: as users have it. */
import { openDelayProxy } from '@supabase-media/local-stack/fault-proxy/delay-proxy';
import { InvalidArgumentError } from 'commander';

export interface Way {
  /** There and back, in milliseconds. */
  readonly roundTripMs: number;
  /** Of each direction, in Mbit/s; undefined where it is not narrowed. */
  readonly megabits: number | undefined;
}

/** Reads `40ms`, `100mbit`, or both with a comma. @throws InvalidArgumentError with the forms that are read. */
export function parseWay(text: string): Way {
  const parts = text.split(',').map((part) => /^(\d+(?:\.\d+)?)(ms|mbit)$/.exec(part.trim()));
  const amountOf = (unit: string) => parts.find((part) => part?.[2] === unit)?.[1];
  if (parts.includes(null)) throw new InvalidArgumentError('It is, for example, 40ms or 40ms,100mbit.');
  const megabits = amountOf('mbit');
  return { roundTripMs: Number(amountOf('ms') ?? 0), megabits: megabits === undefined ? undefined : Number(megabits) };
}

/** For a sentence. */
export function describeWay(way: Way | undefined): string {
  if (way === undefined) return 'Storage on this machine';
  return `Storage ${way.roundTripMs} ms away${way.megabits === undefined ? '' : `, ${way.megabits} Mbit/s`}`;
}

/** Puts the way before a Storage of this machine; all that speak by this address share it. */
export async function openWay(
  url: string,
  way: Way | undefined,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  if (way === undefined) return { url, close: async () => {} };
  const bytesPerSecond = way.megabits === undefined ? undefined : (way.megabits * 1_000_000) / 8;
  const proxy = await openDelayProxy(Number(new URL(url).port), { delayMs: way.roundTripMs / 2, bytesPerSecond });
  return { url: `http://127.0.0.1:${proxy.port}`, close: proxy.close };
}
