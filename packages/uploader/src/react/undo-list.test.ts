import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createUndoList, UNDO_MS } from './undo-list.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function offerIn(list: ReturnType<typeof createUndoList>, words = 'It was deleted.') {
  const calls: string[] = [];
  list.offer({
    words,
    undo: () => calls.push('undo'),
    commit: () => calls.push('commit'),
    commitOnLeave: () => calls.push('leave'),
  });
  return calls;
}

it('is final after eight seconds, and not before', () => {
  const list = createUndoList();
  const calls = offerIn(list);
  vi.advanceTimersByTime(UNDO_MS - 1);
  expect(calls).toEqual([]);
  expect(list.getSnapshot().map(({ words }) => words)).toEqual(['It was deleted.']);
  vi.advanceTimersByTime(1);
  expect(calls).toEqual(['commit']);
  expect(list.getSnapshot()).toEqual([]);
});

it('is taken back once, and each by itself', () => {
  const list = createUndoList();
  const [first, second] = [offerIn(list), offerIn(list)];
  const [offer] = list.getSnapshot();
  list.undo(offer?.id ?? 0);
  list.undo(offer?.id ?? 0);
  vi.advanceTimersByTime(UNDO_MS);
  expect([first, second]).toEqual([['undo'], ['commit']]);
});

it('waits while somebody reads, and goes on where it was', () => {
  const list = createUndoList();
  const calls = offerIn(list);
  vi.advanceTimersByTime(UNDO_MS - 1000);
  list.hold();
  vi.advanceTimersByTime(60_000);
  const later = offerIn(list);
  expect(calls).toEqual([]);
  list.release();
  vi.advanceTimersByTime(1000);
  expect([calls, later]).toEqual([['commit'], []]);
});

it('is final at once when the page is left', () => {
  const list = createUndoList();
  const calls = [offerIn(list), offerIn(list)];
  list.commitAll('commitOnLeave');
  vi.advanceTimersByTime(UNDO_MS);
  expect(calls).toEqual([['leave'], ['leave']]);
});
