import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { weight } from './weight.ts';

const out = '../src/OCore.Server/wwwroot';

/** Writes .br and .gz beside what is worth compressing, so that the server only has to send them. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    closeBundle() {
      const root = join(import.meta.dirname, out);
      for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(js|css|svg|html)$/.test(name)) continue;
        const file = join(root, name);
        const text = readFileSync(file);
        if (text.length < 1024) continue;
        writeFileSync(`${file}.br`, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
        writeFileSync(`${file}.gz`, gzipSync(text, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), weight(), precompress()],
  build: {
    outDir: out,
    emptyOutDir: true,
    target: 'es2022',
    // Small files stay files: the content security policy allows data: only for images.
    assetsInlineLimit: 0,
    // What nearly every page needs is one file: many small ones compress worse.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'base', minShareCount: 60 }] } } },
  },
  server: {
    port: 5173,
    proxy: { '/api': { target: process.env.OCORE_DEV_SERVER ?? 'http://localhost:8080', changeOrigin: false, ws: true } },
  },
});
