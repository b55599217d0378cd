/** The heights of a stream as a React hook. */
import { useState, useSyncExternalStore } from 'react';
import { createQualities, type Qualities, type QualityState } from './qualities.ts';

export function useQualities(): readonly [Qualities, QualityState] {
  const [qualities] = useState(createQualities);
  const state = useSyncExternalStore(qualities.subscribe, qualities.getSnapshot, qualities.getSnapshot);
  return [qualities, state];
}
