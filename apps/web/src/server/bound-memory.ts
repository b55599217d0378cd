/** Keeps the process small: several run beside each other, and uploads pass through them. */
import { setFlagsFromString } from 'node:v8';
import { boundMemory as boundProcessMemory } from '@supabase-media/service/bound-memory';

/**
 * To be called before anything large is loaded. Beside the flags of every process, V8 is not to let the heap grow freely
 * before it collects garbage. Measured with 20 relayed uploads on Node 20.20: 110 to 118 MB at most instead of 130 to
 * 200, at the same speed.
 */
export function boundMemory(): void {
  boundProcessMemory();
  setFlagsFromString('--optimize-for-size');
}
