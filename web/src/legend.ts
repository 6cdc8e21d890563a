// What colours mean; each entry is a button that filters by it.
import { stepsOf, valueOf, type Step } from "./classes.ts";
import { button, el, fill, svg } from "./dom.ts";
import { count } from "./format.ts";
import type { Model } from "./model.ts";
import { themeNow } from "./theme.ts";
import { type Colour, toggled, type View } from "./view.ts";

const TITLES: Record<Colour, string> = { age: "Age", sla: "Target", team: "Team", kind: "Kind" };
const MOST_ENTRIES = 12;

/** Show the legend. */
export function showLegend(box: Element, model: Model, change: (to: Partial<View>) => void): void {
  const { colour, chosen } = model.view;
  const steps = stepsOf(model.rows, colour, chosen[colour]);
  const counts = new Map<string, number>();
  for (const row of model.rows) {
    const value = valueOf(row, colour);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const used = steps.filter((step) => counts.has(step.value) || chosen[colour].includes(step.value));
  fill(
    box,
    chooser(model.view),
    el("ul", {}, ...used.slice(0, MOST_ENTRIES).map((step) => el("li", {}, entry(step, counts, model.view)))),
    used.length > MOST_ENTRIES ? el("p", {}, `and ${used.length - MOST_ENTRIES} more`) : null,
    el("p", { class: "shapes" }, shape("dot"), "exact place ", shape("ring"), "only the area is known"),
  );
  for (const step of used) {
    box
      .querySelector(`#${idOf(step.value)}`)
      ?.addEventListener("click", () => change(toggled(model.view, colour, step.value)));
  }
  box.querySelector("select")?.addEventListener("change", (event) => {
    change({ colour: (event.target as HTMLSelectElement).value as Colour });
  });
}

function chooser(view: View): HTMLElement {
  const options = Object.entries(TITLES).map(([value, title]) =>
    el("option", { value, selected: value === view.colour }, title),
  );
  return el("label", {}, "Colour by ", el("select", { id: "colour" }, ...options));
}

function entry(step: Step, counts: Map<string, number>, view: View): HTMLElement {
  const isChosen = view.chosen[view.colour].includes(step.value);
  const n = counts.get(step.value) ?? 0;
  const swatch = svg("svg", { viewBox: "0 0 12 12", class: "swatch", "aria-hidden": "true" });
  swatch.append(svg("circle", { cx: 6, cy: 6, r: 5, fill: themeNow().colours[step.name] }));
  const title = isChosen ? "Show the others, too" : "Show only these";
  return button(
    "",
    () => undefined,
    { id: idOf(step.value), "aria-pressed": String(isChosen), title },
    swatch,
    el("span", {}, step.label),
    el("b", {}, count(n)),
  );
}

function shape(kind: "dot" | "ring"): SVGElement {
  const fillOf = kind === "dot" ? "currentColor" : "none";
  const circle = svg("circle", { cx: 6, cy: 6, r: 4, fill: fillOf, stroke: "currentColor", "stroke-width": 2 });
  return svg("svg", { viewBox: "0 0 12 12", class: "swatch", "aria-hidden": "true" }, circle);
}

function idOf(value: string): string {
  return `legend-${[...value].map((letter) => (/[a-zA-Z0-9]/.test(letter) ? letter : `_${letter.codePointAt(0)}`)).join("")}`;
}
