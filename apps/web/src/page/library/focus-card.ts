/** Where the focus goes when a card leaves, and when it comes back: never nowhere. */

/** In a card: its menu, or whatever can be pressed. */
const TARGETS = '.card__more, .card__control, .card__link';

/** The card with this key, once it is on the page. */
export function focusCard(key: string): void {
  requestAnimationFrame(() => cardOf(key)?.querySelector<HTMLElement>(TARGETS)?.focus());
}

/** The card after this one, or before it; or the heading, where it is the last. */
export function focusNextCard(key: string): void {
  const card = cardOf(key);
  const next = [card?.nextElementSibling, card?.previousElementSibling]
    .map((other) => other?.querySelector<HTMLElement>(TARGETS))
    .find((target) => target !== null && target !== undefined);
  (next ?? document.getElementById('library-title'))?.focus();
}

const cardOf = (key: string): Element | null => document.querySelector(`.card[data-key="${CSS.escape(key)}"]`);
