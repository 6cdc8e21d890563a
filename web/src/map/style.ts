// The style of the map: no tiles, glyphs or sprites of another server.
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import { isOrdered, type Step } from "../classes.ts";
import type { Drawn } from "../dispatch.ts";
import type { Area, Place } from "../places.ts";
import { features } from "../places.ts";
import { inkOn, type Theme } from "../theme.ts";
import type { MapStart } from "../types.ts";
import type { Colour } from "../view.ts";
import { layersAbove, layersBelow, planSources } from "./plan.ts";

export interface Shown {
  places: readonly Place[];
  areas: readonly Area[];
  colour: Colour;
  steps: readonly Step[];
  selected: string; // key of a place
  hidden: ReadonlySet<string>; // names of overlays
  plan: Drawn | null;
}

export const LARGEST_CLUSTER_ZOOM = 14;
const IS_AREA: ExpressionSpecification = ["==", ["get", "area"], 1];
const FONT = ["DejaVu Sans", "Arial", "sans-serif"];

/** Return the whole style; MapLibre applies only what differs from the last one. */
export function styleOf(map: MapStart, shown: Shown, theme: Theme): StyleSpecification {
  const layered = [...outline(map, theme), ...overlays(map, shown, theme)];
  return {
    version: 8,
    sources: {
      ...sourcesOf(map),
      places: {
        type: "geojson",
        data: collection(features(shown.places, shown.colour, shown.steps)),
        cluster: true,
        clusterRadius: 42,
        clusterMaxZoom: LARGEST_CLUSTER_ZOOM,
        clusterProperties: {
          n: ["+", ["get", "n"]],
          low: ["min", ["get", "low"]],
          high: ["max", ["get", "high"]],
          area: ["min", ["get", "area"]],
        },
      },
      areas: { type: "geojson", data: collection(shown.areas.map(name)) },
      selected: {
        type: "geojson",
        data: collection(shown.places.filter((place) => place.key === shown.selected).map(point)),
      },
      ...(shown.plan ? planSources(shown.plan) : {}),
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": theme.ground } },
      ...layered,
      ...(shown.plan ? layersBelow(theme, FONT) : []),
      ...circles(shown, theme),
      names(theme),
      ...(shown.plan ? layersAbove(theme, FONT) : []),
      numbers(shown, theme),
    ],
  };
}

function sourcesOf(map: MapStart): StyleSpecification["sources"] {
  const given = [...(map.outline ? [{ name: "outline", url: map.outline }] : []), ...map.overlays];
  const named = given.map(({ name: key, url }) => [`layer-${key}`, { type: "geojson" as const, data: absolute(url) }]);
  return Object.fromEntries(named);
}

function outline(map: MapStart, theme: Theme): LayerSpecification[] {
  if (!map.outline) return [];
  const source = "layer-outline";
  return [
    { id: "land", type: "fill", source, paint: { "fill-color": theme.land } },
    { id: "border", type: "line", source, paint: { "line-color": theme.line, "line-width": 1 } },
  ];
}

function overlays(map: MapStart, { hidden }: Shown, theme: Theme): LayerSpecification[] {
  return map.overlays.flatMap(({ name: key }) => {
    const [source, layout] = [`layer-${key}`, { visibility: hidden.has(key) ? "none" : "visible" } as const];
    const [paint, polygon] = [theme.overlay, ["==", ["geometry-type"], "Polygon"] as ExpressionSpecification];
    const dot: ExpressionSpecification = ["==", ["geometry-type"], "Point"];
    return [
      {
        id: `${key}-fill`,
        type: "fill",
        source,
        layout,
        filter: polygon,
        paint: { "fill-color": paint, "fill-opacity": 0.08 },
      },
      { id: `${key}-line`, type: "line", source, layout, paint: { "line-color": paint, "line-width": 1.5 } },
      {
        id: `${key}-dot`,
        type: "circle",
        source,
        layout,
        filter: dot,
        paint: { "circle-color": paint, "circle-radius": 3 },
      },
    ] satisfies LayerSpecification[];
  });
}

function names(theme: Theme): LayerSpecification {
  return {
    id: "names",
    type: "symbol",
    source: "areas",
    layout: {
      "text-field": ["get", "name"],
      "text-font": FONT,
      "text-size": 12 * theme.scale,
      "text-variable-anchor": ["top", "bottom", "left", "right"],
      "text-radial-offset": 1.7,
      "symbol-sort-key": ["-", 0, ["get", "n"]],
    },
    paint: { "text-color": theme.muted, "text-halo-color": theme.land, "text-halo-width": 1.5 },
  };
}

function circles({ colour, steps }: Shown, theme: Theme): LayerSpecification[] {
  const fill = coloured(
    colour,
    steps.map((step) => theme.colours[step.name]!),
    theme.mixed,
  );
  const k = theme.scale;
  const radius: ExpressionSpecification = [
    "interpolate",
    ["linear"],
    ["sqrt", ["get", "n"]],
    1,
    10 * k,
    4,
    16 * k,
    15,
    27 * k,
    50,
    40 * k,
  ];
  // The width of the ring says the same as the colour of an ordered dimension, for those who cannot tell colours apart.
  const width: ExpressionSpecification | number = isOrdered(colour) ? ["+", 2, ["*", 0.7, ["get", "high"]]] : 3;
  return [
    {
      id: "selected",
      type: "circle",
      source: "selected",
      paint: {
        "circle-radius": 24 * k,
        "circle-color": theme.accent,
        "circle-opacity": 0.25,
        "circle-stroke-color": theme.accent,
        "circle-stroke-width": 2,
      },
    },
    {
      id: "places",
      type: "circle",
      source: "places",
      layout: { "circle-sort-key": ["get", "high"] },
      paint: {
        "circle-radius": radius,
        "circle-color": ["case", IS_AREA, theme.land, fill],
        "circle-stroke-color": ["case", IS_AREA, fill, theme.land],
        "circle-stroke-width": ["case", IS_AREA, width, 1.5],
      },
    },
  ];
}

// The topmost layer of text is placed first: names keep away from numbers, and so from circles.
function numbers({ colour, steps }: Shown, theme: Theme): LayerSpecification {
  const ink = coloured(
    colour,
    steps.map((step) => inkOn(theme.colours[step.name]!)),
    inkOn(theme.mixed),
  );
  return {
    id: "numbers",
    type: "symbol",
    source: "places",
    layout: {
      "text-field": ["to-string", ["get", "n"]],
      "text-font": FONT,
      "text-size": 12 * theme.scale,
      "text-padding": 8,
      "text-allow-overlap": true,
    },
    paint: { "text-color": ["case", IS_AREA, theme.ink, ink] },
  };
}

// The worst step of an ordered dimension; of another one its only value, or «mixed».
function coloured(colour: Colour, colours: string[], mixed: string): ExpressionSpecification {
  const pairs = colours.slice(0, -1).flatMap((one, i) => [i, one]);
  const last = colours.at(-1) ?? mixed;
  const match = (
    pairs.length ? ["match", ["get", "high"], ...pairs, last] : ["literal", last]
  ) as ExpressionSpecification;
  if (isOrdered(colour)) return match;
  return ["case", ["==", ["get", "low"], ["get", "high"]], match, mixed];
}

function name(area: Area) {
  const coordinates = [...area.at];
  return {
    type: "Feature" as const,
    geometry: { type: "Point" as const, coordinates },
    properties: { name: area.name, n: area.rows.length },
  };
}

function point(place: Place) {
  return { type: "Feature" as const, geometry: { type: "Point" as const, coordinates: [...place.at] }, properties: {} };
}

function collection<T>(list: T[]) {
  return { type: "FeatureCollection" as const, features: list };
}

function absolute(url: string): string {
  return new URL(url, document.baseURI).href;
}
