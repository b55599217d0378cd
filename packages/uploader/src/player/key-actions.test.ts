import { expect, it } from 'vitest';
import { actionOf, type KeyOwner } from './key-actions.ts';

const press = (key: string, owner: KeyOwner = 'none', changes = {}) =>
  actionOf({ key, isRepeated: false, hasModifier: false, ...changes }, owner);

it.each([
  [' ', { kind: 'toggle_play' }],
  ['K', { kind: 'toggle_play' }],
  ['ArrowLeft', { kind: 'seek_by', seconds: -5 }],
  ['l', { kind: 'seek_by', seconds: 10 }],
  ['ArrowUp', { kind: 'volume_by', part: 0.05 }],
  ['0', { kind: 'seek_to', part: 0 }],
  ['7', { kind: 'seek_to', part: 0.7 }],
  ['c', { kind: 'toggle_captions' }],
  ['x', undefined],
  ['Enter', undefined],
  ['toString', undefined],
])('%s', (key, action) => {
  expect(press(key)).toEqual(action);
});

it.each([' ', 'k', 'm', '5', 'ArrowLeft', 'Home'])(
  'leaves %s to a text field, and with a modifier to the browser',
  (key) => {
    expect(press(key, 'text')).toBeUndefined();
    expect(press(key, 'none', { hasModifier: true })).toBeUndefined();
  },
);

it('leaves to a button what presses it, to a list what moves in it', () => {
  expect(press(' ', 'button')).toBeUndefined();
  expect(press('ArrowLeft', 'button')).toBeDefined();
  expect(press('ArrowLeft', 'list')).toBeUndefined();
  expect(press(' ', 'list')).toBeUndefined();
  expect(press('m', 'list')).toEqual({ kind: 'toggle_mute' });
});

it('goes on while a key is held, but does not flicker', () => {
  expect(press('ArrowRight', 'none', { isRepeated: true })).toBeDefined();
  expect(press('m', 'none', { isRepeated: true })).toBeUndefined();
});
