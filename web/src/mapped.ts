// The map beside the table: MapLibre where there is WebGL2, else areas as an SVG.
import { stepsOf } from "./classes.ts";
import { drawnOf } from "./dispatch.ts";
import { el, fill } from "./dom.ts";
import { drawAreas } from "./map/areas.ts";
import { type Drawing, drawMap, type PlaceEvents } from "./map/map.ts";
import type { Shown } from "./map/style.ts";
import type { Model } from "./model.ts";
import { areasOf, placesOf } from "./places.ts";
import type { MapStart } from "./types.ts";

export class MapOfTickets {
  private drawing: Drawing | null = null;
  /** Kept when the first picture is drawn, or three seconds later: what is less urgent waits for it. */
  readonly isDrawn: Promise<void>;
  private isDrawing = false;
  private readonly hasWebgl2 = hasWebgl2();
  private losses = 0; // how often the graphics card took the map away
  private lastDrawn = "";
  private shown: Shown | null = null;
  private readonly hidden = new Set<string>();
  private readonly failed = new Set<string>();
  private readonly box: HTMLElement;
  private readonly layers: HTMLElement;
  private readonly events: PlaceEvents;

  constructor(box: HTMLElement, layers: HTMLElement, events: PlaceEvents) {
    this.box = box;
    this.layers = layers;
    this.events = events;
    this.isDrawn = new Promise((kept) => {
      setTimeout(kept, 3000);
      const watcher = new MutationObserver(() => {
        if (!/idle|svg/.test(document.body.dataset["map"] ?? "")) return;
        watcher.disconnect();
        kept();
      });
      watcher.observe(document.body, { attributeFilter: ["data-map"] });
    });
    if (this.hasWebgl2) void import("maplibre-gl").catch(() => null); // while the documents are on their way
    document.addEventListener("layer-failed", (event) => this.said((event as CustomEvent<string>).detail));
  }

  /** Show what the filters leave. The view stays where it is. */
  show(model: Model, version: string): void {
    const selected =
      model.rows.find((row) => row.ticket.ticket_id === model.view.sel)?.at?.join(",") ?? model.view.place;
    const plan = model.dispatch && drawnOf(model.dispatch);
    const drawn = [version, selected, JSON.stringify(plan)].join("|");
    if (drawn === this.lastDrawn) return;
    this.lastDrawn = drawn;
    const { colour, chosen } = model.view;
    const steps = stepsOf(model.rows, colour, chosen[colour]);
    const hidden = new Set(this.hidden);
    this.shown = { places: placesOf(model.shown), areas: areasOf(model.shown), colour, steps, selected, hidden, plan };
    this.drawing?.show(this.shown);
    if (!this.drawing && !this.isDrawing && model.start) void this.begin(model.start.map);
  }

  /** Move the map so that all places are in sight. */
  fit(): void {
    this.drawing?.fit();
  }

  private async begin(start: MapStart): Promise<void> {
    this.isDrawing = true;
    const first = this.shown!;
    try {
      if (this.losses > 1 || !this.hasWebgl2) throw new Error("no WebGL2");
      this.drawing = await drawMap(this.box, start, first, { ...this.events, lost: () => this.lose(start) });
    } catch {
      this.box.replaceChildren();
      this.box.className = "map";
      this.drawing = drawAreas(this.box, first, this.events);
    }
    if (this.shown !== first) this.drawing.show(this.shown!);
    this.showLayers(start);
  }

  // Draw the map anew; after a second loss, areas instead.
  private lose(start: MapStart): void {
    this.losses += 1;
    const lost = this.drawing;
    this.drawing = null;
    setTimeout(() => {
      lost?.remove(); // not while it reports its loss
      void this.begin(start);
    });
  }

  private showLayers(start: MapStart): void {
    if (document.body.dataset["map"] === "svg" || !start.overlays.length) return;
    const boxes = start.overlays.map(({ name }) => {
      const box = el("input", { type: "checkbox", checked: true });
      box.addEventListener("change", () => this.toggle(name, box.checked));
      return el("label", {}, box, ` ${name}`);
    });
    fill(this.layers, el("strong", {}, "Layers"), ...boxes);
  }

  private toggle(name: string, isShown: boolean): void {
    if (isShown) this.hidden.delete(name);
    else this.hidden.add(name);
    this.shown = { ...this.shown!, hidden: new Set(this.hidden) };
    this.drawing?.show(this.shown);
  }

  private said(layer: string): void {
    if (this.failed.has(layer)) return;
    this.failed.add(layer);
    this.layers.append(el("p", { class: "muted" }, `The layer «${layer}» cannot be drawn; the rest is complete.`));
  }
}

function hasWebgl2(): boolean {
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
}
