import type { Config } from '@react-router/dev/config';

// biome-ignore lint/style/noDefaultExport: React Router reads the default export.
export default { ssr: true } satisfies Config;
