import { expect, it } from 'vitest';
import { quoteCommand } from './quote-command.ts';

it('quotes commands for a shell', () => {
  expect(quoteCommand(['/usr/bin/ffmpeg', '-i', "file:/a b/it's.mov", '-vf', 'scale=2:2,format=a'])).toBe(
    "/usr/bin/ffmpeg -i 'file:/a b/it'\\''s.mov' -vf scale=2:2,format=a",
  );
});
