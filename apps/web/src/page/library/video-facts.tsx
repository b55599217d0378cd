/** Shows what was uploaded, what was produced, and why. */

import { formatBytes } from '@supabase-media/core/format';
import type { Video } from '@supabase-media/uploader/contract';
import { formatDuration } from '@supabase-media/uploader/format';
import type { ReactElement } from 'react';
import { explainVideo } from './explain-video.ts';
import { codecName, type MediaFacts, readMediaFacts, readReasons } from './facts.ts';

export function VideoFacts({ video }: { readonly video: Video }): ReactElement {
  const explanation = explainVideo(video);
  const warnings = readReasons(video, 'warnings');
  const input = readMediaFacts(video, 'input');
  const output = readMediaFacts(video, 'output');
  const rows = [
    ['Uploaded', [describe(input), video.sourceSize === null ? '' : formatBytes(video.sourceSize)]],
    ['Plays as', [describe(output), sizeOf(video)]],
    ['Length', [output.durationSeconds === undefined ? '' : formatDuration(output.durationSeconds)]],
    ['Added', [new Date(video.createdAt).toLocaleString()]],
  ] as const;
  return (
    <section className="facts panel" aria-label="About this video">
      {explanation !== undefined && (
        <div className="facts__why">
          <p className="facts__short">{explanation.short}</p>
          {explanation.details.map((detail) => (
            <p key={detail}>{detail}</p>
          ))}
          {warnings.map(({ code, detail }) => (
            <p key={code}>Note: {detail}.</p>
          ))}
        </div>
      )}
      <dl className="facts__list">
        {rows.map(([name, values]) => {
          const known = values.filter((value) => value !== '');
          return known.length === 0 ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                {known.map((value, index) => (
                  <span key={value} className="facts__value">
                    {index < known.length - 1 ? `${value},` : value}
                  </span>
                ))}
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}

function describe({ videoCodec, audioCodec, width, height }: MediaFacts): string {
  const codecs = [videoCodec, audioCodec].filter((codec) => codec !== undefined).map(codecName);
  const size = width === undefined || height === undefined ? '' : `${width} × ${height}`;
  return [codecs.join('/'), size].filter((value) => value !== '').join(', ');
}

function sizeOf({ outputs }: Video): string {
  const bytes = outputs.find(({ kind }) => kind === 'video')?.bytes;
  return bytes === undefined ? '' : formatBytes(bytes);
}
