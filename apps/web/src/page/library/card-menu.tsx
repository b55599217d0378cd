/** What else can be done with a card: a menu button, after the ARIA Authoring Practices Guide. */
import { Icon, type IconName } from '@supabase-media/uploader/react/icons';
import { type KeyboardEvent, type ReactElement, useEffect, useId, useRef, useState } from 'react';

export interface MenuItem {
  readonly words: string;
  readonly icon: IconName;
  readonly isDangerous?: boolean;
  readonly onChoose: () => void;
}

/** Between the button and its menu, in pixels. */
const GAP = 4;

export function CardMenu({
  title,
  items,
}: {
  readonly title: string;
  readonly items: readonly MenuItem[];
}): ReactElement {
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  /** A press on the button closes the menu, as any press beside it does, before the button hears of it. */
  const wasOpen = useRef(false);
  const id = useId();

  useEffect(() => {
    if (!isOpen) return undefined;
    // It stands where its button was.
    const close = () => menu.current?.hidePopover();
    addEventListener('scroll', close, { passive: true });
    addEventListener('resize', close);
    return () => {
      removeEventListener('scroll', close);
      removeEventListener('resize', close);
    };
  }, [isOpen]);

  const open = (first: 'first' | 'last'): void => {
    menu.current?.showPopover();
    placeBelow(button.current, menu.current);
    const choices = listChoices(menu.current);
    (first === 'first' ? choices[0] : choices.at(-1))?.focus();
  };
  const onButtonKey = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    open(event.key === 'ArrowDown' ? 'first' : 'last');
  };
  const onMenuKey = (event: KeyboardEvent): void => {
    if (event.key === 'Tab' || event.key === 'Escape') {
      event.preventDefault();
      close();
      return;
    }
    const choices = listChoices(menu.current);
    const at = choices.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choices.at(to % choices.length)?.focus();
  };
  const close = (): void => {
    menu.current?.hidePopover();
    button.current?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className="card__more"
        aria-label={`More for ${title}`}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={id}
        onPointerDown={() => {
          wasOpen.current = menu.current?.matches(':popover-open') === true;
        }}
        onClick={() => {
          if (!wasOpen.current) open('first');
          wasOpen.current = false;
        }}
        onKeyDown={onButtonKey}
      >
        <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" fill="currentColor">
          <circle cx="12" cy="5.5" r="1.8" />
          <circle cx="12" cy="12" r="1.8" />
          <circle cx="12" cy="18.5" r="1.8" />
        </svg>
      </button>
      <div
        ref={menu}
        id={id}
        className="menu"
        role="menu"
        tabIndex={-1}
        aria-label={title}
        popover="auto"
        onToggle={(event) => setIsOpen(event.newState === 'open')}
        onKeyDown={onMenuKey}
      >
        {items.map(({ words, icon, isDangerous, onChoose }) => (
          <button
            key={words}
            type="button"
            role="menuitem"
            tabIndex={-1}
            className="menu__item"
            data-dangerous={isDangerous || undefined}
            onClick={() => {
              close();
              onChoose();
            }}
          >
            <Icon name={icon} />
            {words}
          </button>
        ))}
      </div>
    </>
  );
}

const listChoices = (menu: HTMLElement | null): readonly HTMLButtonElement[] => [
  ...(menu?.querySelectorAll<HTMLButtonElement>('[role=menuitem]') ?? []),
];

/** Right-aligned below the button, or above it where there is no room. */
function placeBelow(button: HTMLElement | null, menu: HTMLElement | null): void {
  if (button === null || menu === null) return;
  const at = button.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const hasRoom = at.bottom + GAP + height <= innerHeight;
  menu.style.top = `${hasRoom ? at.bottom + GAP : Math.max(GAP, at.top - GAP - height)}px`;
  menu.style.left = `${Math.max(GAP, at.right - width)}px`;
}
