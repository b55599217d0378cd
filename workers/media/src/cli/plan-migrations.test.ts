import { expect, it } from 'vitest';
import { planMigrations } from './plan-migrations.ts';

const file = (name: string, text = name) => ({ name, text });
const ours = [file('20260101000000_a.sql', 'create a;\n'), file('20260103000000_b.sql')];

it('copies what is not there, among the migrations of the project', () => {
  const before = planMigrations(ours, [file('20260101000000_a.sql', 'create a;\r\n'), file('20260102000000_own.sql')]);
  expect(before).toEqual({
    copied: [ours[1]],
    same: ['20260101000000_a.sql'],
    changed: [],
    clashes: [],
    comesBetween: false,
  });
  expect(planMigrations(ours, [file('20260102000000_own.sql')]).comesBetween).toBe(true);
});

it('sees what was changed, and a version that is taken', () => {
  const { changed, clashes } = planMigrations(ours, [
    file('20260101000000_a.sql', 'create other;\n'),
    file('20260103000000_own.sql'),
  ]);
  expect({ changed, clashes }).toEqual({
    changed: ['20260101000000_a.sql'],
    clashes: ['20260103000000_own.sql (20260103000000_b.sql)'],
  });
});

it('has nothing to do the second time', () => {
  expect(planMigrations(ours, ours)).toMatchObject({ copied: [], changed: [], comesBetween: false });
});
