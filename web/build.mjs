// Build the page into core/fleetfeed/web/static/. Every name but index.html holds a version or a hash, so that browsers
// may keep the files for ever.
import { build } from "esbuild";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "core", "fleetfeed", "web", "static");
const modules = join(here, "node_modules");
const runtime = ["chart.js", "@kurkle/color", "maplibre-gl", "pmtiles", "fflate"];
const maplibre = ["maplibre-gl.mjs", "maplibre-gl-worker.mjs", "maplibre-gl.css"];

async function versionOf(name) {
  return JSON.parse(await readFile(join(modules, name, "package.json"), "utf8")).version;
}

// MapLibre stays beside the bundle: it finds its worker by its own address, and changes less often than the page does.
async function copyMaplibre() {
  const folder = `vendor/maplibre-gl-${await versionOf("maplibre-gl")}`;
  await mkdir(join(out, folder), { recursive: true });
  for (const name of maplibre) {
    const text = await readFile(join(modules, "maplibre-gl", "dist", name), "utf8");
    await writeFile(join(out, folder, name), text.replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, "\n"));
  }
  return folder;
}

// The licence that a package brings, else (pmtiles) what its package.json says of it.
async function licenseOf(name) {
  const found = (await readdir(join(modules, name))).find((file) => /^licen[cs]e/i.test(file));
  if (found) return readFile(join(modules, name, found), "utf8");
  const { license, author, homepage, repository } = JSON.parse(await readFile(join(modules, name, "package.json"), "utf8"));
  if (!license) throw new Error(`${name} names no licence`);
  return JSON.stringify({ name, license, author, homepage, repository }, null, 1);
}

async function copyLicenses() {
  await mkdir(join(out, "licenses"), { recursive: true });
  for (const name of runtime) {
    const target = `${name.replace("/", "-")}-${await versionOf(name)}.txt`;
    await writeFile(join(out, "licenses", target), await licenseOf(name));
  }
}

function aside(folder) {
  return {
    name: "aside",
    setup(bundler) {
      bundler.onResolve({ filter: /^maplibre-gl$/ }, () => ({ path: `./${folder}/maplibre-gl.mjs`, external: true }));
    },
  };
}

async function bundle(folder) {
  const built = await build({
    entryPoints: { app: join(here, "src", "main.ts"), page: join(here, "style.css") },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    splitting: true,
    outdir: out,
    entryNames: "[name]-[hash]",
    chunkNames: "part-[hash]",
    legalComments: "linked",
    metafile: true,
    plugins: [aside(folder)],
    logLevel: "warning",
  });
  const outputs = Object.entries(built.metafile.outputs);
  return (suffix) => basename(outputs.find(([path, { entryPoint }]) => entryPoint && path.endsWith(suffix))[0]);
}

async function writePage(named, folder) {
  const values = { script: named(".js"), style: named(".css"), maplibre: `${folder}/maplibre-gl.css` };
  const icon = `icon-${await versionOfIcon()}.svg`;
  await cp(join(here, "icon.svg"), join(out, icon));
  const page = await readFile(join(here, "index.html"), "utf8");
  const filled = page.replace(/\{\{(\w+)\}\}/g, (_, name) => `static/${{ ...values, icon }[name]}`);
  await writeFile(join(out, "index.html"), filled);
}

async function versionOfIcon() {
  const bytes = await readFile(join(here, "icon.svg"));
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Buffer.from(digest).toString("hex").slice(0, 8);
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const folder = await copyMaplibre();
await copyLicenses();
await writePage(await bundle(folder), folder);
