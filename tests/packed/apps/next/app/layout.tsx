import type { ReactElement, ReactNode } from 'react';

export const metadata = { icons: { icon: 'data:,' } };

// biome-ignore lint/style/noDefaultExport: Next reads the default export.
export default function Layout({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
