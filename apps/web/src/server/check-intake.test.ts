import { expect, it } from 'vitest';
import { judgeOrigins } from './check-intake.ts';

it('finds the origins that no browser sends', () => {
  const origins = [
    '*',
    'https://app.example.com',
    'http://localhost:5173',
    'https://app.example.com/page',
    'https://App.example.com',
  ];
  expect(judgeOrigins(origins).map(({ code, message }) => `${code}: ${message}`)).toEqual([
    'origin_invalid: WEB_ORIGINS has https://app.example.com/page.',
    'origin_invalid: WEB_ORIGINS has https://App.example.com.',
  ]);
});
