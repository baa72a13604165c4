import { defineConfig } from 'vite';

// One page, one script, one style sheet, each named by a hash of its content. Paths are relative:
// API Gateway puts a stage before them. The page itself stands at /console, its files below it.
export default defineConfig({
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../chalicelibs/api/console',
    emptyOutDir: true,
    assetsDir: '',
    assetsInlineLimit: 0,
    modulePreload: false,
    target: 'es2022',
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        entryFileNames: 'console-[hash].js',
        chunkFileNames: 'console-[hash].js',
        assetFileNames: '[name]-[hash][extname]',
      },
    },
  },
  experimental: {
    renderBuiltUrl: (file, { hostType }) =>
      hostType === 'html' ? `console/assets/${file}` : { relative: true },
  },
});
