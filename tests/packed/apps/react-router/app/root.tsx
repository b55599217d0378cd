import type { ReactElement, ReactNode } from 'react';
import { Links, Meta, Outlet, Scripts } from 'react-router';

export const links = () => [{ rel: 'icon', href: 'data:,' }];

export function Layout({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <title>React Router</title>
        <Meta />
        <Links />
      </head>
      <body>
        {children}
        <Scripts />
      </body>
    </html>
  );
}

// biome-ignore lint/style/noDefaultExport: React Router reads the default export.
export default Outlet;
