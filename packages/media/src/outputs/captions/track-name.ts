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

/** Names tracks in their order; of several in one language, the second is `English 2`, in the file `en-2.vtt`. */
export function nameTracks(
  tracks: readonly { readonly language: string; readonly disposition?: Disposition | undefined }[],
): readonly (CaptionTrack & { readonly fileName: string })[] {
  const seen = new Map<string, number>();
  let hasDefault = false;
  return tracks.map(({ language, disposition }) => {
    const count = (seen.get(language) ?? 0) + 1;
    seen.set(language, count);
    // A player shows one; a second default would be one too many (RFC 8216, section 4.3.4.1.1).
    const kept = disposition === 'default' && hasDefault ? undefined : disposition;
    hasDefault ||= kept === 'default';
    const numbered = `${labelOf(language)}${count > 1 ? ` ${count}` : ''}`;
    return {
      language,
      label: kept === 'forced' ? `${numbered} (forced)` : numbered,
      ...(kept === undefined ? {} : { disposition: kept }),
      fileName: `${language.toLowerCase()}${count > 1 ? `-${count}` : ''}.vtt`,
    };
  });
}

const NAMES = new Intl.DisplayNames(['en'], { type: 'language' });

/** Without quotes: it is written into playlists. */
const labelOf = (language: string): string =>
  language === UNKNOWN_LANGUAGE ? 'Captions' : (NAMES.of(language) ?? language).replace(/["\r\n]/g, '');
