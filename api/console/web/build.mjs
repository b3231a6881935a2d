// Makes api/console/dist: scripts, style sheets and fonts, each named by what is in
// it, scripts and styles also as small as they go (.br), and manifest.json, which
// says what each is called.
//
// The fonts are cut to what the pages write: Devanagari with all its joined
// forms, and the Latin letters, digits and signs of the catalogue.
import { build } from "esbuild-wasm";
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import subset from "subset-font";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "..", "dist");
const require = createRequire(import.meta.url);

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)).join("");
const scripts = {
  devanagari: range(0x900, 0x97f) + "\u200c\u200d\u25cc\u20b9",
  latin: range(0x20, 0x7e) + "\u00a0\u00b0\u00b7\u00d7\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026\u2190\u2191\u2192\u2193\u2212",
};

const manifest = {};
async function keep(name, data) {
  const [, stem, ext] = /^(.*)(\.[a-z0-9]+)$/.exec(name);
  manifest[name] = `${stem}-${createHash("sha256").update(data).digest("hex").slice(0, 12)}${ext}`;
  await writeFile(join(dist, manifest[name]), data);
  if (ext !== ".woff2") await writeFile(join(dist, `${manifest[name]}.br`), brotliCompressSync(data)); // a font is packed as it is
}

await mkdir(dist, { recursive: true });
for (const f of await readdir(dist)) if (f !== ".keep") await rm(join(dist, f));

const files = dirname(require.resolve("@fontsource/mukta/package.json")) + "/files";
for (const [script, letters] of Object.entries(scripts)) {
  const whole = await readFile(`${files}/mukta-${script}-400-normal.woff`);
  await keep(`mukta-${script}.woff2`, await subset(whole, letters, { targetFormat: "woff2" }));
}

// The map's own images are never asked for: its marks are drawn.
for (const name of ["console", "map"]) {
  const css = await build({
    entryPoints: [join(here, `${name}.css`)], bundle: true, minify: true, write: false, external: ["*.woff2", "*.png"],
  });
  let sheet = css.outputFiles[0].text;
  for (const script of Object.keys(scripts)) sheet = sheet.replaceAll(`mukta-${script}.woff2`, manifest[`mukta-${script}.woff2`]);
  await keep(`${name}.css`, sheet);
}

for (const name of ["console", "map"]) {
  const js = await build({
    entryPoints: [join(here, `${name}.js`)], bundle: true, minify: true, write: false, format: "esm", target: ["es2020"], charset: "utf8", legalComments: "none",
  });
  await keep(`${name}.js`, js.outputFiles[0].contents);
}
await writeFile(join(dist, "manifest.json"), JSON.stringify(manifest, null, 1) + "\n");
