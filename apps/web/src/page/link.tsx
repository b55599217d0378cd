/** A link within the page: a real `<a>`, so that it can be opened in another tab. */
import type { AnchorHTMLAttributes, MouseEvent, ReactElement } from 'react';
import { navigate, pathOf, type Route } from './router.ts';

export interface LinkProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  readonly to: Route;
}

export function Link({ to, ...rest }: LinkProps): ReactElement {
  const onClick = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  };
  return <a {...rest} href={pathOf(to)} onClick={onClick} />;
}
