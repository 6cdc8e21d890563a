// The operator's own tiles under everything: streets and water of an OpenMapTiles or Protomaps archive.
import { addProtocol, type LayerSpecification, type StyleSpecification } from "maplibre-gl";
import { PMTiles, Protocol } from "pmtiles";
import type { Theme } from "../theme.ts";

let protocol: Protocol | undefined;
let kinds: Promise<Kinds> | undefined;

interface Kinds {
  isVector: boolean;
  layers: string[];
}

/** Return the style with the layers of the archive under those of the tickets. */
export async function addBasemap(style: StyleSpecification, path: string, theme: Theme): Promise<StyleSpecification> {
  const url = new URL(path, document.baseURI).href;
  kinds ??= open(url);
  const found = await kinds;
  const source = { type: found.isVector ? "vector" : "raster", url: `pmtiles://${url}`, tileSize: 256 } as const;
  const added = found.isVector ? found.layers.map((layer) => drawn(layer, theme)) : [raster()];
  const above = style.layers.findIndex((layer) => layer.id === "selected");
  return {
    ...style,
    sources: { ...style.sources, basemap: found.isVector ? { type: "vector", url: source.url } : source },
    layers: [...style.layers.slice(0, above), ...added.filter((layer) => layer !== null), ...style.layers.slice(above)],
  } as StyleSpecification;
}

async function open(url: string): Promise<Kinds> {
  if (!protocol) {
    protocol = new Protocol();
    addProtocol("pmtiles", protocol.tile);
  }
  const archive = new PMTiles(url);
  protocol.add(archive);
  const [header, meta] = [
    await archive.getHeader(),
    (await archive.getMetadata()) as { vector_layers?: { id: string }[] },
  ];
  return { isVector: header.tileType === 1, layers: (meta.vector_layers ?? []).map((layer) => layer.id) };
}

function raster(): LayerSpecification {
  return { id: "basemap", type: "raster", source: "basemap" };
}

function drawn(layer: string, theme: Theme): LayerSpecification | null {
  const common = { id: `basemap-${layer}`, source: "basemap", "source-layer": layer };
  if (/^water$/.test(layer)) return { ...common, type: "fill", paint: { "fill-color": theme.ground } };
  if (/road|transport|boundar|transit/.test(layer)) {
    return { ...common, type: "line", paint: { "line-color": theme.line, "line-width": 1 } };
  }
  return null; // names need fonts, the rest only distracts
}
