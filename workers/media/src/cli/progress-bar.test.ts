import { describe, expect, it } from 'vitest';
import { formatBar } from './progress-bar.ts';

const draw = (columns: number, percent = 17) =>
  formatBar({ title: 'Uploading', percent, detail: 'waiting for Storage, 12 s', columns });

describe('the line of a bar', () => {
  it('has words and bar on 80 columns', () => {
    expect(draw(80)).toBe('Uploading [====--------------------]  17% waiting for Storage, 12 s');
    expect(draw(80, 100)).toBe('Uploading [========================] 100% waiting for Storage, 12 s');
  });

  it('has the words alone on 40', () => {
    expect(draw(40)).toBe('Uploading 17% waiting for Storage, 12 s');
  });

  it('never fills the last column', () => {
    for (let columns = 10; columns < 200; columns++) expect(draw(columns, 100).length).toBeLessThan(columns);
  });
});
