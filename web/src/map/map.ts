// The map where there is WebGL2.
import type { GeoJSONSource, Map as MapLibre, MapGeoJSONFeature } from "maplibre-gl";
import type { At } from "../dispatch.ts";
import { boundsOf } from "../places.ts";
import { onTheme, themeNow } from "../theme.ts";
import type { MapStart } from "../types.ts";
import { LARGEST_CLUSTER_ZOOM, type Shown, styleOf } from "./style.ts";

export interface Drawing {
  show(shown: Shown): void;
  fit(): void;
  remove(): void;
}

type Open = (keys: string[]) => void;

export interface PlaceEvents {
  open: Open;
  near: (at: At, key: string) => void; // a right click, on a place or elsewhere (key "")
}

export interface MapEvents extends PlaceEvents {
  lost: () => void; // the graphics card took the map away
}

/** Draw the map into an element. Throws where there is no WebGL2. */
export async function drawMap(box: HTMLElement, start: MapStart, first: Shown, events: MapEvents): Promise<Drawing> {
  const { Map: MapClass, NavigationControl, ScaleControl } = await import("maplibre-gl");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let shown = first;
  const bounds = () => boundsOf(shown.places.map((place) => place.at));
  const map = new MapClass({
    container: box,
    style: await withBasemap(start, first),
    hash: "map",
    maxPitch: 0,
    dragRotate: false,
    fadeDuration: 0,
    pixelRatio: Math.min(devicePixelRatio, 2),
    attributionControl: false,
    ...(start.center ? { center: [start.center[1], start.center[0]], zoom: start.zoom } : initial(bounds())),
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl(), "bottom-left");
  map.getCanvas().setAttribute("aria-label", "Map of open tickets; the table has the same");
  watch(map, box, events.lost);
  answerClicks(map, events.open, calm);
  map.on("contextmenu", ({ point, lngLat }) => {
    const [found] = map.queryRenderedFeatures(point, { layers: ["places"] });
    events.near([lngLat.lng, lngLat.lat], String(found?.properties["key"] ?? ""));
  });

  const ready = map.once("style.load");
  const draw = async () => {
    await ready;
    map.setStyle(await withBasemap(start, shown), { diff: true });
  };
  const fit = () => {
    const box = bounds();
    if (box) map.fitBounds(box, { padding: 56, maxZoom: 13, animate: !calm.matches });
  };
  onTheme(() => void draw());
  return {
    show(next) {
      shown = next;
      void draw();
    },
    fit,
    remove: () => map.remove(),
  };
}

async function withBasemap(start: MapStart, shown: Shown) {
  const theme = themeNow();
  const style = styleOf(start, shown, theme);
  if (!start.basemap) return style;
  const { addBasemap } = await import("./basemap.ts");
  return addBasemap(style, start.basemap, theme);
}

function initial(box: [number, number, number, number] | null) {
  return box
    ? { bounds: box, fitBoundsOptions: { padding: 56, maxZoom: 13 } }
    : { center: [36.82, -1.286] as [number, number], zoom: 5 };
}

// Tests and styles read data-map: the map is idle when all is drawn.
function watch(map: MapLibre, box: HTMLElement, lost: () => void): void {
  const say = (state: string) => (document.body.dataset["map"] = state);
  map.on("idle", () => say("idle"));
  map.on("dataloading", () => say("loading"));
  map.on("webglcontextlost", () => {
    say("lost");
    lost();
  });
  map.on("error", (event) => {
    const source = (event as { sourceId?: string }).sourceId;
    document.dispatchEvent(new CustomEvent("layer-failed", { detail: source?.replace("layer-", "") ?? "map" }));
  });
  new ResizeObserver(() => map.resize()).observe(box);
}

function answerClicks(map: MapLibre, open: Open, calm: MediaQueryList): void {
  map.on("mouseenter", "places", () => (map.getCanvas().style.cursor = "pointer"));
  map.on("mouseleave", "places", () => (map.getCanvas().style.cursor = ""));
  map.on("click", "places", (event) => {
    const feature = event.features?.[0];
    if (feature) void answer(map, feature, open, calm.matches);
  });
}

async function answer(map: MapLibre, feature: MapGeoJSONFeature, open: Open, isCalm: boolean): Promise<void> {
  const properties = feature.properties as { key?: string; cluster_id?: number; n: number };
  if (properties.cluster_id === undefined) {
    open([properties.key ?? ""]);
    return;
  }
  const source = map.getSource<GeoJSONSource>("places")!;
  const zoom = await source.getClusterExpansionZoom(properties.cluster_id);
  if (zoom > LARGEST_CLUSTER_ZOOM) {
    const leaves = await source.getClusterLeaves(properties.cluster_id, 1000, 0);
    open(leaves.map((leaf) => String((leaf.properties as { key: string }).key)));
    return;
  }
  const [lon, lat] = (feature.geometry as { coordinates: [number, number] }).coordinates;
  map.easeTo({ center: [lon, lat], zoom: zoom + 0.3, animate: !isCalm });
}
