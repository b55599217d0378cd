/** What a track of captions is called: by its language, never by the title that its file gives it. Pure. */

export type Disposition = 'default' | 'forced';

/** A track as a player lists it. */
export interface CaptionTrack {
  /** BCP 47: `en`, `pt-BR`; `und` when it is unknown. */
  readonly language: string;
  /** For a menu: `English`, `English 2`, `German (forced)`. */
  readonly label: string;
  /** `default`: shown unless turned off; `forced`: translates only what is foreign in the video's own language. */
  readonly disposition?: Disposition | undefined;
}

export const UNKNOWN_LANGUAGE = 'und';

/**
 * A language tag in its canonical form: the codes of ISO 639-2 that containers carry become those of BCP 47 (`ger` and
 * `deu` both `de`), by the aliases of the Unicode CLDR.
 *
 * @returns `undefined` for anything that is no tag of a language, a script and a region.
 */
export function readLanguage(tag: string): string | undefined {
  if (!/^[a-z]{2,3}(-[a-z]{4})?(-(?:[a-z]{2}|\d{3}))?$/i.test(tag)) return undefined;
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}

/** A track by its language; the second of one is `English 2`, in the file `en-2.vtt`. */
export function nameTrack(
  language: string,
  { count = 1, disposition }: { count?: number; disposition?: Disposition | undefined } = {},
) {
  const numbered = `${labelOf(language)}${count > 1 ? ` ${count}` : ''}`;
  return {
    language,
    label: disposition === 'forced' ? `${numbered} (forced)` : numbered,
    ...(disposition === undefined ? {} : { disposition }),
    fileName: `${language.toLowerCase()}${count > 1 ? `-${count}` : ''}.vtt`,
  };
}

/** Names tracks in their order. */
export function nameTracks(
  tracks: readonly { readonly language: string; readonly disposition?: Disposition | undefined }[],
): readonly (CaptionTrack & { readonly fileName: string })[] {
  const counts = new Map<string, number>();
  // A player shows one; a second default would be one too many (RFC 8216, section 4.3.4.1.1).
  const first = tracks.find(({ disposition }) => disposition === 'default');
  return tracks.map((track) => {
    const { language } = track;
    const count = (counts.get(language) ?? 0) + 1;
    counts.set(language, count);
    const disposition = track.disposition === 'default' && track !== first ? undefined : track.disposition;
    return nameTrack(language, { count, disposition });
  });
}

const NAMES = new Intl.DisplayNames(['en'], { type: 'language' });

/** Without quotes: it is written into playlists. */
const labelOf = (language: string): string =>
  language === UNKNOWN_LANGUAGE ? 'Captions' : (NAMES.of(language) ?? language).replace(/["\r\n]/g, '');
