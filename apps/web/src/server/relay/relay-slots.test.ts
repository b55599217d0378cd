import { expect, it } from 'vitest';
import { createRelaySlots } from './relay-slots.ts';

const code = (take: () => unknown): string => {
  try {
    take();
    return 'taken';
  } catch (error) {
    return (error as { code: string }).code;
  }
};
const of = (ownerId: string, sessionId = 'one', begins = false) => ({ ownerId, sessionId, begins });

it('keeps places for others when one user has as many as a user may', () => {
  const slots = createRelaySlots({ max: 3, maxPerUser: 2 });
  const giveBack = slots.take(of('ann'));
  slots.take(of('ann'));
  expect(code(() => slots.take(of('ann')))).toBe('relay_busy');
  expect(code(() => slots.take(of('ben')))).toBe('taken');
  expect(code(() => slots.take(of('cat')))).toBe('relay_busy');
  giveBack();
  giveBack();
  expect(slots.taken()).toBe(2);
  expect(code(() => slots.take(of('ann')))).toBe('taken');
});

it('lets an upload be begun by one request at a time', () => {
  const slots = createRelaySlots({ max: 9, maxPerUser: 9 });
  const giveBack = slots.take(of('ann', 'one', true));
  expect(code(() => slots.take(of('ann', 'one', true)))).toBe('relay_busy');
  expect(code(() => slots.take(of('ann', 'two', true)))).toBe('taken');
  expect(code(() => slots.take(of('ann', 'one')))).toBe('taken');
  giveBack();
  expect(code(() => slots.take(of('ann', 'one', true)))).toBe('taken');
});
