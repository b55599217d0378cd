/** The heights that a stream has, which one is asked for, and which one is seen: for a menu. */

export interface Quality {
  /** As the stream numbers it. */
  readonly id: number;
  /** `1080p`: of a portrait picture the width counts. */
  readonly label: string;
}

export interface QualityState {
  /** From large to small; empty while unknown, and where there is one file only. */
  readonly qualities: readonly Quality[];
  /** undefined: chosen by the player as the connection and the player's size allow. */
  readonly chosen: number | undefined;
  /** What is shown. */
  readonly playing: number | undefined;
}

export interface Qualities {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => QualityState;
  /** undefined: Auto. */
  readonly choose: (id: number | undefined) => void;
  /** By the stream: what there is, and who is told of a choice. */
  readonly offer: (qualities: readonly Quality[], use: (id: number | undefined) => void) => void;
  readonly showPlaying: (id: number | undefined) => void;
}

const NONE: QualityState = { qualities: [], chosen: undefined, playing: undefined };

export function createQualities(): Qualities {
  let state = NONE;
  let use: (id: number | undefined) => void = () => {};
  const listeners = new Set<() => void>();
  const set = (next: QualityState): void => {
    state = next;
    for (const listener of listeners) listener();
  };
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => state,
    choose: (chosen) => {
      set({ ...state, chosen });
      use(chosen);
    },
    offer: (qualities, onChosen) => {
      use = onChosen;
      set({ ...NONE, qualities });
    },
    showPlaying: (playing) => set({ ...state, playing }),
  };
}

/** One entry for each height, the best of its kind, from large to small. Pure. */
export function listQualities(
  levels: readonly { readonly width: number; readonly height: number; readonly bitrate: number }[],
): readonly Quality[] {
  const best = new Map<number, { readonly id: number; readonly bitrate: number }>();
  for (const [id, { width, height, bitrate }] of levels.entries()) {
    const size = Math.min(width, height);
    if (bitrate > (best.get(size)?.bitrate ?? -1)) best.set(size, { id, bitrate });
  }
  return [...best].sort(([a], [b]) => b - a).map(([size, { id }]) => ({ id, label: `${size}p` }));
}
