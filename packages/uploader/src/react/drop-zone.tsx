/** Where files come in: dropped, or chosen by mouse, finger or keyboard. */

import { type DragEvent, type ReactElement, type Ref, useId, useState } from 'react';
import { formatLimit } from '../format.ts';
import { collectFiles, type DroppedFiles } from './collect-files.ts';
import { Icon } from './icons.tsx';
import { acceptAttribute, type UploadLimits } from './validate-file.ts';

export interface DropZoneProps {
  readonly limits: UploadLimits;
  readonly disabled: boolean;
  readonly onDropped: (dropped: DroppedFiles) => void;
  readonly inputRef: Ref<HTMLInputElement>;
}

export function DropZone({ limits, disabled, onDropped, inputRef }: DropZoneProps): ReactElement {
  const [isOver, setIsOver] = useState(false);
  const hintId = useId();
  const isFiles = (event: DragEvent) => !disabled && event.dataTransfer.types.includes('Files');
  const onDragOver = (event: DragEvent) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    setIsOver(true);
  };
  const onDragLeave = (event: DragEvent) => {
    // Also sent when the pointer goes from the zone to what is in it.
    if (!(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget))) setIsOver(false);
  };
  const onDrop = (event: DragEvent) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    setIsOver(false);
    onDropped(collectFiles(event.dataTransfer));
  };
  return (
    <label
      className="video-uploader__zone"
      data-over={isOver || undefined}
      onDragEnter={onDragOver}
      onDragOver={onDragOver}
      onDragLeave={onDragLeave}
      onDrop={onDrop}
    >
      <input
        ref={inputRef}
        className="video-uploader__input"
        type="file"
        multiple
        disabled={disabled}
        accept={acceptAttribute(limits)}
        aria-describedby={hintId}
        onChange={(event) => {
          onDropped({ files: [...(event.target.files ?? [])], folders: [] });
          // The same file can be chosen again.
          event.target.value = '';
        }}
      />
      <Icon name="upload" />
      <span className="video-uploader__lead">
        <span className="video-uploader__choose">Choose videos</span>
        <span className="video-uploader__or"> or drop them here</span>
      </span>
      <span className="video-uploader__hint" id={hintId}>
        MP4, MOV, WebM, MKV and most others, up to {formatLimit(limits.maxBytes)} each
      </span>
    </label>
  );
}
