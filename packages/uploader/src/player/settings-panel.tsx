/** What is set once in a while: height of the picture, speed, and a link to this moment. */
import { type KeyboardEvent, type ReactElement, type RefObject, useEffect, useId, useRef, useState } from 'react';
import { formatDuration } from '../format.ts';
import { useSecond } from './media-state.ts';
import type { Qualities, QualityState } from './qualities.ts';

const SPEEDS: readonly number[] = [0.5, 0.75, 1, 1.25, 1.5, 2];

export interface SettingsPanelProps {
  readonly id: string;
  readonly qualities: Qualities;
  readonly quality: QualityState;
  readonly speed: number;
  readonly onSpeed: (speed: number) => void;
  /** Says where the video is now. */
  readonly media: RefObject<HTMLVideoElement | null>;
  /** undefined: nothing is offered to copy. */
  readonly linkAt: ((seconds: number) => string) | undefined;
  readonly onCopied: () => void;
  /** By Escape, or because it has done what it was opened for. */
  readonly onClose: () => void;
  /** Something else was clicked. */
  readonly onLeave: () => void;
  /** The button that opened it, and closes it itself. */
  readonly opener: RefObject<HTMLElement | null>;
}

export function SettingsPanel(props: SettingsPanelProps): ReactElement {
  const { qualities, quality, speed, linkAt, onLeave, opener } = props;
  const seconds = useSecond(props.media);
  const panel = useRef<HTMLDivElement>(null);
  const [link, setLink] = useState<string>();
  useEffect(() => {
    panel.current?.querySelector<HTMLElement>('input:checked, button')?.focus();
  }, []);
  useEffect(() => {
    const onPointer = (event: PointerEvent): void => {
      const path = event.composedPath();
      if (![panel.current, opener.current].some((element) => element !== null && path.includes(element))) onLeave();
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [onLeave, opener]);
  const copy = async (): Promise<void> => {
    const made = linkAt?.(seconds) ?? '';
    try {
      await navigator.clipboard.writeText(made);
      props.onCopied();
    } catch {
      // Not allowed, or a page without TLS: it is shown, to be copied by hand.
      setLink(made);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    props.onClose();
  };
  const playing = quality.qualities.find(({ id }) => id === quality.playing)?.label;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes it, from wherever the focus is in it.
    <div ref={panel} id={props.id} className="video-player__panel" onKeyDown={onKeyDown}>
      <div className="video-player__columns">
        {quality.qualities.length > 0 && (
          <Choice
            name="Quality"
            options={[
              {
                value: undefined,
                label: quality.chosen === undefined && playing !== undefined ? `Auto (${playing})` : 'Auto',
              },
              ...quality.qualities.map(({ id, label }) => ({ value: id, label })),
            ]}
            chosen={quality.chosen}
            onChoose={qualities.choose}
          />
        )}
        <Choice
          name="Speed"
          options={SPEEDS.map((value) => ({ value, label: value === 1 ? 'Normal' : `${value}×` }))}
          chosen={speed}
          onChoose={props.onSpeed}
        />
      </div>
      {linkAt !== undefined && (
        <button type="button" className="video-player__copy" onClick={() => void copy()}>
          Copy link at {formatDuration(Math.floor(seconds))}
        </button>
      )}
      {link !== undefined && (
        <input
          className="video-player__link"
          readOnly
          aria-label="Link to copy"
          value={link}
          ref={(input) => input?.select()}
        />
      )}
    </div>
  );
}

interface ChoiceProps<T> {
  readonly name: string;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly chosen: T;
  readonly onChoose: (value: T) => void;
}

function Choice<T extends number | undefined>({ name, options, chosen, onChoose }: ChoiceProps<T>): ReactElement {
  const group = useId();
  return (
    <fieldset className="video-player__choice">
      <legend>{name}</legend>
      {options.map(({ value, label }) => (
        <label key={label}>
          <input type="radio" name={group} checked={value === chosen} onChange={() => onChoose(value)} />
          {label}
        </label>
      ))}
    </fieldset>
  );
}
