// The operator's base map: raster or vector tiles from one file, read by ranges.

import * as maplibre from "maplibre-gl";
import {PMTiles, Protocol} from "pmtiles";
import {colour} from "../dom.ts";

export function basemap(map: maplibre.Map, url: string): void {
  const protocol = new Protocol();
  maplibre.addProtocol("pmtiles", protocol.tile);
  const archive = new PMTiles(new URL(url, document.baseURI).href);
  protocol.add(archive);
  void archive.getHeader().then(async (header) => {
    const address = `pmtiles://${archive.source.getKey()}`;
    if (header.tileType !== 1) {
      map.addSource("base", {type: "raster", url: address, tileSize: 256});
      map.addLayer({id: "base", type: "raster", source: "base"}, "places");
      return;
    }
    map.addSource("base", {type: "vector", url: address});
    const {vector_layers: found} = (await archive.getMetadata()) as {vector_layers?: {id: string}[]};
    for (const {id} of found ?? []) {
      map.addLayer({id: `base-${id}`, type: "line", source: "base", "source-layer": id, paint: {"line-color": colour("line"), "line-width": 0.7}}, "places");
    }
  });
}
