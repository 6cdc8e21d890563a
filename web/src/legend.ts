// What the colours mean; a click filters by it.

import {h} from "./dom.ts";
import {count} from "./format.ts";
import type {Ticket} from "./model.ts";
import {SCALES, type Scale} from "./scale.ts";
import type {State} from "./state.ts";

const FILTER: Record<string, "age" | "team" | "kind" | undefined> = {age: "age", team: "team", kind: "kind"};

export function drawLegend(container: HTMLElement, scale: Scale, tickets: Ticket[], state: State, change: (part: Partial<State>) => void): void {
  const used = document.activeElement instanceof HTMLElement && container.contains(document.activeElement) ? document.activeElement : null;
  if (used?.matches("select")) return; // somebody is using it
  const counts = new Map<string, number>();
  for (const ticket of tickets) counts.set(scale.of(ticket), (counts.get(scale.of(ticket)) ?? 0) + 1);
  const filter = FILTER[state.colour];
  const choose = h("select", {id: "colour", "aria-label": "Colour by"}, ...Object.entries(SCALES).map(([name, label]) => h("option", {value: name, selected: name === state.colour}, label)));
  choose.addEventListener("change", () => {
    choose.blur();
    change({colour: choose.value});
  });
  const steps = scale.steps.filter((step) => step.key !== "unknown" || counts.has("unknown")).map((step) => {
    const swatch = h("span", {class: "swatch"});
    swatch.style.background = `var(--${step.variable})`;
    const text = [swatch, ` ${step.label} `, h("small", {}, count(counts.get(step.key) ?? 0))];
    if (!filter || step.key === "others" || step.key === "unknown") return h("span", {class: "step"}, ...text);
    const isOn = state[filter] === step.key;
    return h("button", {type: "button", class: "step", "data-key": step.key, "aria-pressed": String(isOn), onclick: () => change({[filter]: isOn ? "" : step.key})}, ...text);
  });
  container.replaceChildren(h("legend", {class: "hidden"}, "Colours of the map"), h("label", {}, "Colour ", choose), ...steps,
    h("span", {class: "step"}, h("span", {class: "swatch ring"}), " approximate place"), h("span", {class: "step"}, h("span", {class: "swatch dot"}), " exact place"));
  if (used?.dataset["key"]) container.querySelector<HTMLElement>(`[data-key="${CSS.escape(used.dataset["key"])}"]`)?.focus();
}
