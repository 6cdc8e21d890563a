// The layers of the places: one circle each, the number in it, and the names of areas.

import type {LayerSpecification} from "maplibre-gl";

/** Circle radius in pixels, by number of tickets. */
export const RADIUS: [number, number][] = [[1, 7], [2, 11], [10, 16], [50, 24], [200, 32]];

export function layers(): LayerSpecification[] {
  const radius = ["interpolate", ["linear"], ["get", "n"], ...RADIUS.flat()];
  const coarse = ["==", ["get", "co"], 1];
  return [
    {
      id: "places", type: "circle", source: "places",
      paint: {
        "circle-radius": radius, "circle-opacity": ["case", coarse, 0.18, 0.9],
        "circle-stroke-width": ["case", coarse, 3, 1.5],
      },
    },
    {
      id: "names", type: "symbol", source: "names", minzoom: 9.5,
      layout: {"text-field": ["get", "name"], "text-size": 12, "text-variable-anchor": ["top", "bottom", "right", "left"], "text-radial-offset": 1.7},
      paint: {"text-halo-width": 1.5},
    },
    {
      id: "counts", type: "symbol", source: "places", filter: [">", ["get", "n"], 1],
      layout: {"text-field": ["to-string", ["get", "n"]], "text-size": 12, "text-allow-overlap": true, "text-padding": 14},
      paint: {"text-halo-width": 0},
    },
  ] as LayerSpecification[];
}
