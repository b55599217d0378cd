/** Searching and sorting. Pure. */
import { titleOf } from '@supabase-media/uploader/format';
import type { Entry } from './entry.ts';
import { readMediaFacts } from './facts.ts';

export const ORDERS = ['newest', 'oldest', 'name', 'longest'] as const;
export type Order = (typeof ORDERS)[number];

export interface Arrangement {
  readonly search: string;
  readonly order: Order;
}

/** From so many cards on there is something to search. */
export const SEARCH_FROM = 12;

export const nameOf = ({ item, upload, elsewhere }: Entry): string =>
  item === undefined ? (upload?.fileName ?? elsewhere?.fileName ?? '') : titleOf(item.video);

/** Without case and accents: who looks for "ete" finds "Été". */
const plain = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase();

const lengthOf = ({ item }: Entry): number =>
  item === undefined ? 0 : (readMediaFacts(item.video, 'output').durationSeconds ?? 0);

/** Numbers in names count as numbers: clip 2 before clip 10. */
const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

const COMPARE: Readonly<Record<Order, (a: Entry, b: Entry) => number>> = {
  // As they come.
  newest: () => 0,
  oldest: (a, b) => a.at - b.at,
  name: (a, b) => byName.compare(nameOf(a), nameOf(b)),
  longest: (a, b) => lengthOf(b) - lengthOf(a),
};

/** @param entries newest first. */
export function arrangeEntries(entries: readonly Entry[], { search, order }: Arrangement): readonly Entry[] {
  const words = plain(search).split(/\s+/).filter(Boolean);
  const found = entries.filter((entry) => {
    const name = plain(nameOf(entry));
    return words.every((word) => name.includes(word));
  });
  return found.sort(COMPARE[order]);
}
