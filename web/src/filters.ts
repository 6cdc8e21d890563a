// The filters; what is chosen but no longer there is shown as such.

import {h} from "./dom.ts";
import type {Dashboard, Ticket} from "./model.ts";
import {USUAL, type State} from "./state.ts";
import {AGES, NONE} from "./tickets.ts";

const WINDOWS: [string, string][] = [["24h", "last 24 hours"], ["7d", "last 7 days"], ["30d", "last 30 days"], ["90d", "last 90 days"]];
const FILTERS = ["cluster", "status", "team", "kind", "age", "place", "q"] as const;

export function drawFilters(form: HTMLElement, doc: Dashboard, state: State, change: (part: Partial<State>) => void): void {
  const used = document.activeElement instanceof HTMLElement && form.contains(document.activeElement) ? document.activeElement : null;
  const clear = form.querySelector<HTMLElement>("#clear");
  if (clear) clear.hidden = !isFiltered(state);
  if (used?.matches("input, select") && agrees(used as HTMLInputElement, state)) return; // somebody is using it
  const tickets = doc.open.features;
  const clusters = doc.metrics.by_cluster.map((one) => one.cluster);
  form.replaceChildren(
    search(state, change),
    choice("Area", "cluster", state, named([...clusters, ...(state.cluster ? [state.cluster] : [])]), change),
    choice("Team", "team", state, named(values(tickets, (one) => one.properties.assigned_team)), change),
    choice("Fault", "kind", state, named(values(tickets, (one) => one.properties.bucket)), change),
    choice("Age", "age", state, AGES.map((one) => [one.key, one.label]), change),
    choice("Status", "status", state, named(values(tickets, (one) => one.properties.status)), change),
    choice("Place", "place", state, [["none", "not on the map"]], change),
    choice("Closed", "window", state, WINDOWS, change, false),
    h("button", {type: "button", id: "clear", hidden: !isFiltered(state), onclick: () => change(Object.fromEntries(FILTERS.map((name) => [name, USUAL[name]])))}, "Clear filters"),
  );
  if (used?.id) form.querySelector<HTMLElement>(`#${used.id}`)?.focus();
}

function isFiltered(state: State): boolean {
  return FILTERS.some((name) => state[name]);
}

function agrees(control: HTMLInputElement, state: State): boolean {
  return control.value === state[control.id as keyof State];
}

function search(state: State, change: (part: Partial<State>) => void): HTMLElement {
  const box = h("input", {type: "search", id: "q", value: state.q, placeholder: "Ticket, place, owner …", "aria-label": "Search"});
  box.addEventListener("input", () => change({q: box.value}));
  return box;
}

function values(tickets: Ticket[], of: (ticket: Ticket) => string | null): string[] {
  return tickets.map((ticket) => of(ticket) ?? NONE);
}

function named(all: string[]): [string, string][] {
  return [...new Set(all)].sort((a, b) => a.localeCompare(b)).map((one) => [one, one]);
}

function choice(label: string, name: keyof State, state: State, options: [string, string][], change: (part: Partial<State>) => void, optional = true): HTMLElement {
  const chosen = state[name];
  const known = options.some(([value]) => value === chosen);
  const list = h("select", {id: name}, optional && h("option", {value: ""}, "all"),
    ...options.map(([value, text]) => h("option", {value, selected: value === chosen}, text)),
    Boolean(chosen) && !known && h("option", {value: chosen, selected: true}, `${chosen} (none now)`));
  list.addEventListener("change", () => change({[name]: list.value}));
  return h("label", {class: chosen && chosen !== USUAL[name] ? "set" : ""}, `${label} `, list);
}
