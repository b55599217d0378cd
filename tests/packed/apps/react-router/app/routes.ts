import { index, type RouteConfig } from '@react-router/dev/routes';

// biome-ignore lint/style/noDefaultExport: React Router reads the default export.
export default [index('routes/home.tsx')] satisfies RouteConfig;
