import { defineConfig } from 'vite';

/** What the uploader adds to a page that has React: measured by a test. */
// biome-ignore lint/style/noDefaultExport: Vite reads the default export.
export default defineConfig({
  build: {
    outDir: 'dist-library',
    minify: true,
    lib: { entry: 'src/library.ts', formats: ['es'], fileName: 'library' },
    rolldownOptions: { external: /^react/ },
  },
});
