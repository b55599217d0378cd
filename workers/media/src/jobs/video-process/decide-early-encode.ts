/** When to begin to encode a source that still arrives. Pure. */

/** A second look at the source and a second plan cost half a second: so much has to be gained. */
const LEAST_GAIN_SECONDS = 2;

export interface ArrivingSource {
  readonly receivedBytes: number;
  readonly sizeBytes: number;
  /** Since its first byte was asked for. */
  readonly elapsedSeconds: number;
}

/** How long the rest of it will take at the speed so far, in seconds. */
export function remainingSeconds({ receivedBytes, sizeBytes, elapsedSeconds }: ArrivingSource): number {
  if (receivedBytes === 0) return Infinity;
  return ((sizeBytes - receivedBytes) * elapsedSeconds) / receivedBytes;
}

/** Whether what could be gained is worth looking at the beginning of a source. */
export const isWorthwhile = (source: ArrivingSource): boolean => remainingSeconds(source) >= LEAST_GAIN_SECONDS;

/**
 * `begin`: what is read now will be here before it is needed. `wait`: an encoder would wait for the network, in the
 * place of another job. `never`: there is nothing to gain any more.
 *
 * @param encodeSeconds that the whole encode is expected to take.
 */
export function decideEarlyEncode(source: ArrivingSource, encodeSeconds: number): 'begin' | 'wait' | 'never' {
  if (!isWorthwhile(source)) return 'never';
  return remainingSeconds(source) <= encodeSeconds ? 'begin' : 'wait';
}
