/** The few signs of the uploader. Beside each stands a word, or a label for who cannot see it. */
import type { ReactElement } from 'react';

const PATHS = {
  upload: 'M12 16V5m0 0L7.5 9.5M12 5l4.5 4.5M5 16v2a1.5 1.5 0 0 0 1.5 1.5h11A1.5 1.5 0 0 0 19 18v-2',
  pause: 'M9 6v12M15 6v12',
  resume: 'M8 5.5v13l10.5-6.5z',
  retry: 'M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4',
  close: 'M6.5 6.5l11 11m0-11l-11 11',
  done: 'M5 12.5l4.5 4.5L19 7.5',
  problem: 'M12 7.5v5.5m0 3.2v.1M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17z',
  film: 'M4.5 6h15v12h-15zM4.5 10h15M4.5 14h15M8.5 6v12M15.5 6v12',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }): ReactElement {
  return (
    <svg className="video-uploader__icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
