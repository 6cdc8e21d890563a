// The map where there is no WebGL2: a circle for each area, as an SVG whose circles are buttons.
import { isOrdered, valueOf } from "../classes.ts";
import type { At } from "../dispatch.ts";
import { svg } from "../dom.ts";
import { duration } from "../format.ts";
import { type Area, boundsOf } from "../places.ts";
import { inkOn, onTheme, type Theme, themeNow } from "../theme.ts";
import type { Drawing, PlaceEvents } from "./map.ts";
import { planShapes } from "./plan.ts";
import type { Shown } from "./style.ts";

const MARGIN = 56;

/** Draw areas into an element. */
export function drawAreas(box: HTMLElement, first: Shown, { open, near }: PlaceEvents): Drawing {
  let shown = first;
  const draw = () => box.replaceChildren(picture(shown, box.clientWidth || 900, box.clientHeight || 600, open));
  onTheme(draw);
  draw();
  box.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    const { left, top } = box.getBoundingClientRect();
    const { pointOf } = projection(pointsOf(shown), box.clientWidth, box.clientHeight);
    near(pointOf([event.clientX - left, event.clientY - top]), "");
  });
  let width = box.clientWidth;
  new ResizeObserver(() => {
    if (box.clientWidth === width) return;
    width = box.clientWidth;
    draw();
  }).observe(box);
  document.body.dataset["map"] = "svg";
  return {
    show(next) {
      const focus = box.contains(document.activeElement) ? document.activeElement?.id : "";
      shown = next;
      draw();
      if (focus) document.getElementById(focus)?.focus();
    },
    fit: draw,
    remove: () => box.replaceChildren(),
  };
}

function picture(shown: Shown, width: number, height: number, open: (keys: string[]) => void): SVGElement {
  const { project } = projection(pointsOf(shown), width, height);
  const theme = themeNow();
  const drawn = shown.areas.map((area) => circle(area, project(area.at), shown, theme, open));
  const title = svg("title", {}, "Areas and their open tickets");
  const names = shown.areas.map((area) => name(area, project(area.at), theme)); // under all circles: numbers matter more
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", class: "areas" }, title, ...names, ...drawn, ...planShapesOf(shown, project, theme));
}

function circle(
  area: Area,
  [x, y]: [number, number],
  shown: Shown,
  theme: Theme,
  open: (keys: string[]) => void,
): SVGElement {
  const n = area.rows.length;
  const radius = radiusOf(n);
  const fill = colourOf(area, shown, theme);
  const oldest = Math.max(...area.rows.map((row) => row.age ?? 0));
  const label = `${area.name}: ${n} open, the oldest ${duration(oldest)}`;
  const made = svg(
    "g",
    { role: "button", tabindex: 0, id: `area-${area.name}`, class: "area" },
    svg("title", {}, label),
    svg("circle", { cx: x, cy: y, r: radius, fill, stroke: theme.line }),
    svg("text", { x, y: y + 5, "text-anchor": "middle", fill: inkOn(fill), "aria-hidden": "true" }, n),
  );
  const act = () => open([...new Set(area.rows.map((row) => row.at!.join(",")))]);
  made.addEventListener("click", act);
  made.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    act();
  });
  return made;
}

function name(area: Area, [x, y]: [number, number], theme: Theme): SVGElement {
  const place = { x, y: y + radiusOf(area.rows.length) + 14, "text-anchor": "middle", fill: theme.ink };
  return svg("text", { ...place, class: "area-name", "aria-hidden": "true" }, area.name);
}

function radiusOf(n: number): number {
  return Math.min(44, 9 + 4 * Math.sqrt(n));
}

function colourOf(area: Area, { colour, steps }: Shown, theme: Theme): string {
  const values = new Set(area.rows.map((row) => valueOf(row, colour)));
  const present = steps.filter((step) => values.has(step.value));
  const known = present.filter((step) => step.name !== "unknown");
  const one = isOrdered(colour) ? (known.at(-1) ?? present.at(-1)) : present.length === 1 ? present[0] : undefined;
  return (one && theme.colours[one.name]) ?? theme.mixed;
}

function planShapesOf({ plan }: Shown, project: (at: At) => At, theme: Theme): SVGElement[] {
  return plan ? planShapes(plan, project, theme) : [];
}

function pointsOf({ areas, plan }: Shown): At[] {
  const ends = plan ? [...plan.units.map((unit) => unit.at), ...plan.ways.flatMap((way) => way.line)] : [];
  return [...areas.map((area) => area.at), ...ends];
}

function projection(points: readonly At[], width: number, height: number) {
  const [west, south, east, north] = boundsOf(points) ?? [0, 0, 1, 1];
  const scale = Math.min((width - 2 * MARGIN) / (east - west || 1), (height - 2 * MARGIN) / (north - south || 1));
  const [midLon, midLat] = [(west + east) / 2, (south + north) / 2];
  const project = ([lon, lat]: At): [number, number] => [
    width / 2 + (lon - midLon) * scale,
    height / 2 - (lat - midLat) * scale,
  ];
  const pointOf = ([x, y]: At): At => [midLon + (x - width / 2) / scale, midLat - (y - height / 2) / scale];
  return { project, pointOf };
}
