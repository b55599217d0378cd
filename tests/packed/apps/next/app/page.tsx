import type { ReactElement } from 'react';
import { UploadForm } from './upload-form';

// biome-ignore lint/style/noDefaultExport: Next reads the default export.
export default function Page(): ReactElement {
  return <UploadForm apiUrl={process.env.MEDIA_API_URL ?? ''} />;
}

/** The API's address is read when the page is asked for. */
export const dynamic = 'force-dynamic';
