// A plan of dispatch on the map: rings under everything, lines under the tickets, units above them.
import type { LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { At, Drawn } from "../dispatch.ts";
import { svg } from "../dom.ts";
import type { Theme } from "../theme.ts";

type Sources = StyleSpecification["sources"];

/** Return the sources of a plan. */
export function planSources({ units, ways, rings }: Drawn): Sources {
  return {
    "plan-rings": collection(rings.map(({ line, label }) => feature("Polygon", [copied(line)], { label }))),
    "plan-centres": collection(rings.map(({ at, label }) => feature("Point", [...at], { label }))),
    "plan-ways": collection(ways.map(({ line, label }) => feature("LineString", copied(line), { label }))),
    "plan-middles": collection(ways.map(({ line, label }) => feature("Point", middle(line), { label }))),
    "plan-units": collection(
      units.map(({ at, label, isUsable }) => feature("Point", [...at], { label, usable: isUsable ? 1 : 0 })),
    ),
  };
}

/** Return the layers that lie under the tickets. */
export function layersBelow(theme: Theme, font: string[]): LayerSpecification[] {
  const red = theme.colours["step-4"]!;
  const paint = { "text-color": theme.ink, "text-halo-color": theme.land, "text-halo-width": 1.5 };
    return [
    { id: "plan-rings", type: "fill", source: "plan-rings", paint: { "fill-color": red, "fill-opacity": 0.12 } },
    {
      id: "plan-ring-lines",
      type: "line",
      source: "plan-rings",
      paint: { "line-color": red, "line-width": 2.5, "line-dasharray": [2, 1.5] },
    },
    {
      id: "plan-centres", // a ring can be seen from far away, too
      type: "circle",
      source: "plan-centres",
      paint: {
        "circle-radius": 26 * theme.scale,
        "circle-color": red,
        "circle-opacity": 0.12,
        "circle-stroke-color": red,
        "circle-stroke-width": 2.5,
      },
    },
    { id: "plan-ways", type: "line", source: "plan-ways", paint: { "line-color": theme.accent, "line-width": 3 } },
    {
      id: "plan-way-labels",
      type: "symbol",
      source: "plan-middles", // beside the line: along a short one there is no room
      layout: {
        "text-field": ["get", "label"],
        "text-font": font,
        "text-size": 11 * theme.scale,
        "text-variable-anchor": ["bottom", "top", "left", "right"],
        "text-radial-offset": 0.6,
      },
      paint,
    },
  ];
}

/** Return the layers that lie above the tickets. */
export function layersAbove(theme: Theme, font: string[]): LayerSpecification[] {
  return [
    {
      id: "plan-units",
      type: "circle",
      source: "plan-units",
      paint: {
        "circle-radius": 7 * theme.scale,
        "circle-color": ["case", ["==", ["get", "usable"], 1], theme.accent, theme.colours["unknown"]!],
        "circle-stroke-color": theme.land,
        "circle-stroke-width": 2,
      },
    },
    {
      id: "plan-unit-labels",
      type: "symbol",
      source: "plan-units",
      layout: {
        "text-field": ["get", "label"],
        "text-font": font,
        "text-size": 12 * theme.scale,
        "text-variable-anchor": ["top", "bottom", "left", "right"],
        "text-radial-offset": 0.9,
        "text-justify": "auto",
      },
      paint: { "text-color": theme.ink, "text-halo-color": theme.land, "text-halo-width": 2 },
    },
  ];
}

/** Draw a plan where there is no WebGL2. */
export function planShapes({ units, ways, rings }: Drawn, project: (at: At) => At, theme: Theme): SVGElement[] {
  const red = theme.colours["step-4"]!;
  const points = (line: readonly At[]) => line.map((one) => project(one).join(",")).join(" ");
  const ringed = rings.map(({ line }) =>
    svg("polygon", { points: points(line), fill: `${red}22`, stroke: red, "stroke-dasharray": "6 4", class: "ring" }),
  );
  const drawn = ways.flatMap(({ line, label }) => {
    const [from, to] = [project(line[0]), project(line[1])];
    const middle = { x: (from[0] + to[0]) / 2, y: (from[1] + to[1]) / 2 - 5, "text-anchor": "middle" };
    return [
      svg("polyline", { points: points(line), stroke: theme.accent, "stroke-width": 3, class: "way" }),
      svg("text", { ...middle, fill: theme.ink, class: "area-name" }, label),
    ];
  });
  const placed = units.flatMap(({ at, label, isUsable }) => {
    const [x, y] = project(at);
    const fill = isUsable ? theme.accent : theme.colours["unknown"]!;
    return [
      svg("circle", { cx: x, cy: y, r: 7, fill, stroke: theme.land, "stroke-width": 2, class: "unit" }),
      svg("text", { x: x + 11, y: y + 4, fill: theme.ink, class: "area-name unit-name" }, label),
    ];
  });
  return [...ringed, ...drawn, ...placed];
}

function middle([[west, south], [east, north]]: readonly [At, At]): [number, number] {
  return [(west + east) / 2, (south + north) / 2];
}

function copied(line: readonly At[]): [number, number][] {
  return line.map(([lon, lat]) => [lon, lat]);
}

function collection<T>(features: T[]) {
  return { type: "geojson" as const, data: { type: "FeatureCollection" as const, features } };
}

function feature<T extends string, C>(type: T, coordinates: C, properties: Record<string, string | number>) {
  return { type: "Feature" as const, geometry: { type, coordinates }, properties };
}
