import { describe, expect, it } from 'vitest';
import { decideEarlyEncode, isWorthwhile, remainingSeconds } from './decide-early-encode.ts';

const sizeBytes = 100_000_000;

describe('remainingSeconds', () => {
  it('goes by the speed so far', () => {
    expect(remainingSeconds({ receivedBytes: 25_000_000, sizeBytes, elapsedSeconds: 2 })).toBe(6);
    expect(remainingSeconds({ receivedBytes: sizeBytes, sizeBytes, elapsedSeconds: 8 })).toBe(0);
  });

  it('knows nothing before the first byte', () => {
    expect(remainingSeconds({ receivedBytes: 0, sizeBytes, elapsedSeconds: 2 })).toBe(Infinity);
  });
});

describe('decideEarlyEncode', () => {
  const having = (elapsedSeconds: number, share: number) => ({
    receivedBytes: sizeBytes * share,
    sizeBytes,
    elapsedSeconds,
  });

  it('leaves alone what is here in a moment', () => {
    expect(decideEarlyEncode(having(0.1, 0.1), 60)).toBe('never');
    expect(isWorthwhile(having(0.1, 0.1))).toBe(false);
    expect(decideEarlyEncode(having(19, 0.95), 60)).toBe('never');
  });

  it('begins when the network is as fast as the encoder', () => {
    expect(decideEarlyEncode(having(1, 0.1), 60)).toBe('begin');
    expect(decideEarlyEncode(having(20, 0.25), 60)).toBe('begin');
  });

  it('waits as long as the encoder would have to', () => {
    expect(decideEarlyEncode(having(20, 0.1), 60)).toBe('wait');
    expect(decideEarlyEncode(having(3600, 0.5), 60)).toBe('wait');
    expect(decideEarlyEncode(having(3600, 0.99), 60)).toBe('begin');
  });
});
