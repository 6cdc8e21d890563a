// The map, or circles of areas where the browser has no WebGL2.

import {get} from "./dom.ts";
import {drawAreas} from "./map/areas-svg.ts";
import {TicketMap} from "./map/map.ts";
import type {Start} from "./model.ts";
import type {Place} from "./places.ts";
import type {Scale} from "./scale.ts";

export class MapView {
  private map: TicketMap | null = null;
  private last: [Place[], Scale] | null = null;
  private rebuilt = false;

  constructor(private start: Start, private open: (places: Place[]) => void) {
    this.build();
  }

  show(places: Place[], scale: Scale): void {
    this.last = [places, scale];
    if (this.map) this.map.show(places, scale);
    else drawAreas(get("areas"), places, scale, this.open);
  }

  restyle(scale: Scale): void {
    this.map?.restyle(scale);
  }

  fit(): void {
    this.map?.fit();
  }

  focus(): void {
    if (this.map) this.map.focus();
    else get("areas").querySelector<SVGElement>("[tabindex]")?.focus();
  }

  private build(): void {
    try {
      if (!document.createElement("canvas").getContext("webgl2")) throw new Error("no WebGL2");
      this.map = new TicketMap(get("map"), this.start, this.open, () => this.lost());
    } catch {
      this.circles();
    }
  }

  /** The graphics card is gone: build the map again once, then draw circles. */
  private lost(): void {
    document.body.dataset["map"] = "lost";
    this.map?.remove();
    this.map = null;
    if (this.rebuilt) this.circles();
    else this.build();
    this.rebuilt = true;
    if (this.last) this.show(...this.last);
  }

  private circles(): void {
    this.map = null;
    get("map").hidden = true;
    get("areas").hidden = false;
    document.body.dataset["map"] = "svg";
  }
}
