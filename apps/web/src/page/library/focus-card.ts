/** Where the focus goes when a card leaves, and when it comes back: never nowhere. */

/** In a card: its menu, else whatever can be pressed. */
const findTarget = (card: Element | null | undefined): HTMLElement | null | undefined =>
  card?.querySelector<HTMLElement>('.card__more') ?? card?.querySelector<HTMLElement>('.card__control');

/** The card with this key, once it is on the page. */
export function focusCard(key: string): void {
  requestAnimationFrame(() => findTarget(cardOf(key))?.focus());
}

/** The card after this one, or before it; or the choice of files, where it is the last. */
export function focusNextCard(key: string): void {
  const card = cardOf(key);
  const next = [card?.nextElementSibling, card?.previousElementSibling]
    .map(findTarget)
    .find((target) => target !== null && target !== undefined);
  (next ?? document.querySelector<HTMLElement>('.video-uploader__zone input'))?.focus({ preventScroll: true });
}

const cardOf = (key: string): Element | null => document.querySelector(`.card[data-key="${CSS.escape(key)}"]`);
