import { reactRouter } from '@react-router/dev/vite';
import { defineConfig } from 'vite';

// biome-ignore lint/style/noDefaultExport: Vite reads the default export.
export default defineConfig({ plugins: [reactRouter()] });
