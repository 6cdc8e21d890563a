// The map without WebGL: areas as circles with counts, which the keyboard reaches like buttons.

import {colour, svg} from "../dom.ts";
import {plural} from "../format.ts";
import {areas, bounds, type Place} from "../places.ts";
import {variable, type Scale} from "../scale.ts";

const [WIDTH, HEIGHT, EDGE] = [800, 600, 70];

export function drawAreas(container: HTMLElement, all: Place[], scale: Scale, open: (places: Place[]) => void): void {
  const found = areas(all).sort((a, b) => b.tickets.length - a.tickets.length);
  const box = bounds(found);
  const picture = svg("svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": "Areas with open tickets"});
  if (box) picture.append(...found.map((area) => circle(area, box, scale, () => open([area]))));
  container.replaceChildren(picture);
}

function circle(area: Place, box: [number, number, number, number], scale: Scale, open: () => void): SVGElement {
  const [west, south, east, north] = box;
  const x = EDGE + ((area.lon - west) / (east - west || 1)) * (WIDTH - 2 * EDGE);
  const y = EDGE + ((north - area.lat) / (north - south || 1)) * (HEIGHT - 2 * EDGE);
  const n = area.tickets.length;
  const ink = colour(variable(area, scale));
  const name = area.name || "without a cluster";
  const dot = svg("circle", {cx: x, cy: y, r: 10 + 3 * Math.sqrt(n), fill: ink, "fill-opacity": 0.3, stroke: ink, "stroke-width": 3});
  const group = svg("g", {role: "button", tabindex: 0, "aria-label": `${name}: ${plural(n, "ticket")}`, onclick: open}, dot,
    svg("text", {x, y: y + 5, "text-anchor": "middle", fill: colour("text")}, String(n)),
    svg("text", {x, y: y + 28 + 3 * Math.sqrt(n), "text-anchor": "middle", fill: colour("text"), "font-size": 13}, name));
  group.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(); }
  });
  return group;
}
