// The map: MapLibre, one clustering for all places. Opens lists, never a fan of markers.

import * as maplibre from "maplibre-gl";
import {colour} from "../dom.ts";
import type {Start} from "../model.ts";
import {areas, bounds, type Place} from "../places.ts";
import {ranks, type Scale} from "../scale.ts";
import {basemap} from "./basemap.ts";
import {layers} from "./layers.ts";

type Features = GeoJSON.FeatureCollection<GeoJSON.Point>;
const EMPTY: Features = {type: "FeatureCollection", features: []};
const NAIROBI_LIKE = 9; // zoom without data: a region

export class TicketMap {
  private map: maplibre.Map;
  private shown = new Map<number, Place>();
  private fitted = false;
  private scaleName = "";

  constructor(container: HTMLElement, private start: Start, private open: (places: Place[]) => void, lost: () => void) {
    const {center, zoom} = start.map;
    this.fitted = Boolean(center) || location.hash.includes("map="); // MapLibre writes the hash at once
    const base = {version: 8 as const, sources: {}, layers: [{id: "ground", type: "background" as const, paint: {"background-color": colour("ground")}}]};
    this.map = new maplibre.Map({
      container, style: base, hash: "map", fadeDuration: 0, maxPitch: 0, pixelRatio: Math.min(devicePixelRatio, 2),
      center: center ? [center[1], center[0]] : [0, 0], zoom: center ? zoom : NAIROBI_LIKE,
      attributionControl: false, dragRotate: false, pitchWithRotate: false,
    });
    this.map.addControl(new maplibre.NavigationControl({showCompass: false}), "top-left");
    this.map.addControl(new maplibre.ScaleControl({}), "bottom-left");
    this.map.on("load", () => this.prepare());
    this.map.on("idle", () => (document.body.dataset["map"] = "idle"));
    this.map.on("webglcontextlost", lost);
    this.map.getCanvas().setAttribute("aria-label", "Map of open tickets; the table has the same tickets");
    this.map.on("click", "places", (event) => void this.clicked(event).catch(() => undefined)); // the cluster is gone
    this.map.on("mouseenter", "places", () => (this.map.getCanvas().style.cursor = "pointer"));
    this.map.on("mouseleave", "places", () => (this.map.getCanvas().style.cursor = ""));
  }

  /** Show places; the view stays, but for the first time. */
  show(all: Place[], scale: Scale): void {
    this.shown = new Map(all.map((place) => [place.id, place]));
    const draw = (): void => {
      const name = scale.steps.map((step) => step.key).join();
      if (name !== this.scaleName) this.style(scale);
      this.scaleName = name;
      this.source("places").setData({type: "FeatureCollection", features: all.map((place) => feature(place, scale))});
      this.source("names").setData({type: "FeatureCollection", features: areas(all).map(named)});
      if (!this.fitted && all.length) this.fit();
    };
    if (this.map.getSource("places")) draw();
    else this.map.once("load", draw);
  }

  /** Show all places. */
  fit(): void {
    const box = bounds([...this.shown.values()]);
    if (!box) return;
    this.fitted = true;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.map.fitBounds(box, {padding: 50, maxZoom: 14, animate: !still && document.body.dataset["map"] === "idle"});
  }

  focus(): void {
    this.map.getCanvas().focus();
  }

  /** Draw again in the colours of the theme. */
  restyle(scale: Scale): void {
    this.map.setPaintProperty("ground", "background-color", colour("ground"));
    if (this.map.getLayer("outline")) this.map.setPaintProperty("outline", "line-color", colour("line"));
    if (this.map.getLayer("land")) this.map.setPaintProperty("land", "fill-color", colour("land"));
    this.style(scale);
  }

  remove(): void {
    this.map.remove();
  }

  private prepare(): void {
    if (this.start.map.basemap) basemap(this.map, this.start.map.basemap);
    if (this.start.map.outline) {
      this.map.addSource("outline", {type: "geojson", data: absolute(this.start.map.outline)});
      this.map.addLayer({id: "land", type: "fill", source: "outline", paint: {"fill-color": colour("land")}});
      this.map.addLayer({id: "outline", type: "line", source: "outline", paint: {"line-color": colour("line"), "line-width": 1.2}});
    }
    for (const {name, url} of this.start.map.overlays) {
      this.map.addSource(`overlay-${name}`, {type: "geojson", data: absolute(url)});
      this.map.addLayer({id: `overlay-${name}-points`, type: "circle", source: `overlay-${name}`, filter: ["==", ["geometry-type"], "Point"], paint: {"circle-color": colour("accent"), "circle-radius": 4}});
      this.map.addLayer({id: `overlay-${name}`, type: "line", source: `overlay-${name}`, paint: {"line-color": colour("accent"), "line-width": 1.5}});
    }
    const worst = {n: ["+", ["get", "n"]], hi: ["max", ["get", "hi"]], lo: ["min", ["get", "lo"]], co: ["min", ["get", "co"]]};
    this.map.addSource("places", {type: "geojson", data: EMPTY, cluster: true, clusterMaxZoom: 13, clusterRadius: 42, clusterProperties: worst});
    this.map.addSource("names", {type: "geojson", data: EMPTY});
    for (const layer of layers()) this.map.addLayer(layer);
  }

  private style(scale: Scale): void {
    const step = scale.ordered ? ["get", "hi"] : ["case", ["==", ["get", "hi"], ["get", "lo"]], ["get", "hi"], -1];
    const colours = scale.steps.flatMap((one, index) => [index, colour(one.variable)]);
    const paint = ["match", step, ...colours, colour("unknown")] as unknown as maplibre.ExpressionSpecification;
    this.map.setPaintProperty("places", "circle-color", paint);
    this.map.setPaintProperty("places", "circle-stroke-color", ["case", ["==", ["get", "co"], 1], paint, colour("ground")] as maplibre.ExpressionSpecification);
    this.map.setPaintProperty("counts", "text-color", ["case", ["==", ["get", "co"], 1], colour("text"), colour("card")]);
    this.map.setPaintProperty("names", "text-color", colour("text"));
    this.map.setPaintProperty("names", "text-halo-color", colour("ground"));
  }

  private async clicked(event: maplibre.MapLayerMouseEvent): Promise<void> {
    const hit = event.features?.[0];
    if (!hit) return;
    const {cluster_id, id} = hit.properties;
    if (!cluster_id) return this.open([this.shown.get(id)].filter((place) => place !== undefined));
    const source = this.source("places");
    const leaves = await source.getClusterLeaves(cluster_id, Infinity, 0);
    const zoom = await source.getClusterExpansionZoom(cluster_id);
    const found = leaves.map((leaf) => this.shown.get(leaf.properties?.["id"])).filter((place) => place !== undefined);
    if (zoom > this.map.getZoom() && zoom <= 14) this.map.easeTo({center: event.lngLat, zoom, animate: !matchMedia("(prefers-reduced-motion: reduce)").matches});
    this.open(found);
  }

  private source(name: string): maplibre.GeoJSONSource {
    return this.map.getSource(name) as maplibre.GeoJSONSource;
  }
}

function feature(place: Place, scale: Scale): GeoJSON.Feature<GeoJSON.Point> {
  const used = ranks(place, scale);
  return {
    type: "Feature",
    geometry: {type: "Point", coordinates: [place.lon, place.lat]},
    properties: {id: place.id, n: place.tickets.length, hi: Math.max(...used), lo: Math.min(...used), co: place.coarse ? 1 : 0},
  };
}

function named(area: Place): GeoJSON.Feature<GeoJSON.Point> {
  return {type: "Feature", geometry: {type: "Point", coordinates: [area.lon, area.lat]}, properties: {name: area.name}};
}

function absolute(url: string): string {
  return new URL(url, document.baseURI).href; // MapLibre's worker has another base
}
