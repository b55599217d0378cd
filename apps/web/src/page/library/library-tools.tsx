/** Searching and sorting, once there is enough to look through. */
import type { ReactElement } from 'react';
import type { Arrangement, Order } from './arrange-entries.ts';

const WORDS: Readonly<Record<Order, string>> = {
  newest: 'Newest first',
  oldest: 'Oldest first',
  name: 'By name',
  longest: 'Longest first',
};

export interface LibraryToolsProps {
  readonly arrangement: Arrangement;
  readonly onChange: (arrangement: Arrangement) => void;
}

export function LibraryTools({ arrangement, onChange }: LibraryToolsProps): ReactElement {
  return (
    <search className="library__tools">
      <input
        type="search"
        className="library__search"
        aria-label="Search your videos"
        placeholder="Search"
        value={arrangement.search}
        onChange={(event) => onChange({ ...arrangement, search: event.target.value })}
      />
      <select
        className="library__order"
        aria-label="Sort"
        value={arrangement.order}
        onChange={(event) => onChange({ ...arrangement, order: event.target.value as Order })}
      >
        {Object.entries(WORDS).map(([order, words]) => (
          <option key={order} value={order}>
            {words}
          </option>
        ))}
      </select>
    </search>
  );
}
