/** Keeps the process small. */
import { setFlagsFromString } from 'node:v8';

/**
 * Tells V8 to leave WebAssembly as its first compiler made it, before any is loaded. undici parses HTTP in WebAssembly;
 * optimising that parser takes a passing 30 MB (measured on Node 20.20), several times what a 2 GB upload needs in all,
 * and wins nothing where the bodies are large.
 */
export function boundMemory(): void {
  setFlagsFromString('--liftoff-only');
}
