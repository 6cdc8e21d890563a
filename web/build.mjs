// Build the page into core/fleetfeed/web/static/: one bundle of our own, and MapLibre beside it as it is published.
import {createHash} from "node:crypto";
import {cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync} from "node:fs";
import {dirname, join, relative} from "node:path";
import {fileURLToPath} from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "core", "fleetfeed", "web", "static");
const packages = JSON.parse(readFileSync(join(here, "package.json"), "utf8")).dependencies;
const vendor = `vendor/maplibre-gl-${packages["maplibre-gl"]}`;
const version = /"([^"]+)"/.exec(readFileSync(join(here, "..", "core", "fleetfeed", "_version.py"), "utf8"))[1];

// MapLibre stays a file of its own: our bundle changes with each release, its half megabyte does not.
const aside = {
  name: "aside",
  setup(build) {
    build.onResolve({filter: /^maplibre-gl$/}, () => ({path: `./${vendor}/maplibre-gl.mjs`, external: true}));
  },
};

rmSync(out, {recursive: true, force: true});
mkdirSync(join(out, vendor), {recursive: true});
const built = await esbuild.build({
  entryPoints: {app: join(here, "src/main.ts"), style: join(here, "src/style.css")},
  outdir: out, bundle: true, minify: true, format: "esm", target: "es2022", metafile: true,
  entryNames: "[name]-[hash]", legalComments: "linked", define: {VERSION: JSON.stringify(version)},
  plugins: [aside], logLevel: "warning",
});
for (const name of ["maplibre-gl.mjs", "maplibre-gl-shared.mjs", "maplibre-gl-worker.mjs", "maplibre-gl.css"]) {
  cpSync(join(here, "node_modules/maplibre-gl/dist", name), join(out, vendor, name));
}
for (const name of Object.keys(packages)) {
  const folder = join(here, "node_modules", name);
  const {license, author, homepage, repository} = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (!license) throw new Error(`${name} names no licence`);
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one)); // pmtiles publishes none
  const text = file ? readFileSync(join(folder, file), "utf8") : JSON.stringify({name, license, author, homepage, repository}, null, 1);
  mkdirSync(join(out, "licenses"), {recursive: true});
  writeFileSync(join(out, "licenses", `${name}-${packages[name]}.txt`), text);
}
const files = Object.keys(built.metafile.outputs).map((path) => relative(out, join(process.cwd(), path)));
const named = (pattern) => `static/${files.find((file) => pattern.test(file))}`;
const icon = readFileSync(join(here, "icon.svg"));
const iconName = `icon-${createHash("sha256").update(icon).digest("hex").slice(0, 8)}.svg`;
writeFileSync(join(out, iconName), icon);
writeFileSync(
  join(out, "index.html"),
  readFileSync(join(here, "index.html"), "utf8")
    .replace("%SCRIPT%", named(/^app-.*\.js$/))
    .replace("%STYLE%", named(/^style-.*\.css$/))
    .replace("%MAP_STYLE%", `static/${vendor}/maplibre-gl.css`)
    .replace("%ICON%", `static/${iconName}`),
);
