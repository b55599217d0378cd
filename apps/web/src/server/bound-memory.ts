/** Keeps the process small: many run beside each other, and uploads pass through them. */
import { setFlagsFromString } from 'node:v8';
import { boundMemory as boundWorkerMemory } from '@supabase-media/worker/internal/cli/bound-memory';

/**
 * To be called before anything large is loaded. Beside what the worker tells V8, it is not to let the heap grow freely
 * before it cleans up. Measured with 20 relayed uploads on Node 20.20: 110 to 118 MB at most instead of 130 to 200, at
 * the same speed.
 */
export function boundMemory(): void {
  boundWorkerMemory();
  setFlagsFromString('--optimize-for-size');
}
