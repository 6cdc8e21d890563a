// The filters above the map, and what they leave.
import { button, byId, el, fill } from "./dom.ts";
import { downloads } from "./downloads.ts";
import { count, counted } from "./format.ts";
import type { Model } from "./model.ts";
import { NONE } from "./classes.ts";
import { windowName } from "./numbers.ts";
import { cleared, COLOURS, narrows, toggled, type View, WINDOWS } from "./view.ts";

export type Change = (to: Partial<View>, how?: "push" | "replace") => void;

let timer: ReturnType<typeof setTimeout> | undefined;

/** Show the filters. The search field stays the same element, so that nobody is interrupted while typing. */
export function showFilters(box: HTMLElement, model: Model, change: Change): void {
  if (!box.firstElementChild) make(box);
  const { view, document: shown } = model;
  const statuses = [...new Set(model.rows.map((row) => row.ticket.status ?? NONE))].sort();
  const clusters = (shown?.metrics.by_cluster ?? []).map((one) => one.cluster ?? NONE).sort();
  choose("f-cluster", "All areas", clusters, view.cluster, (cluster) => change({ cluster, place: "" }));
  choose("f-status", "Any status", statuses, view.status, (status) => change({ status }));
  windows(view, change);
  search(view, change);
  fill(byId("f-result"), ...result(model));
  fill(byId("f-chips"), ...chips(view));
  answer(model, change);
}

const known = new Map<string, Set<string>>(); // choices seen before: a filtered document has only its own

function make(box: HTMLElement): void {
  const q = el("input", {
    id: "f-q",
    type: "search",
    placeholder: "Search ticket, place, team …",
    "aria-label": "Search the tickets (/)",
  });
  box.append(
    q,
    el("select", { id: "f-cluster", "aria-label": "Area" }),
    el("select", { id: "f-status", "aria-label": "Status" }),
    el("span", { id: "f-window" }),
    el("span", { id: "f-chips", class: "chips" }),
    el("span", { id: "f-result", class: "result" }),
  );
}

function choose(id: string, all: string, values: string[], current: string, change: (value: string) => void): void {
  const seen = known.get(id) ?? new Set();
  for (const value of [...values, current].filter(Boolean)) seen.add(value);
  known.set(id, seen);
  const select = byId<HTMLSelectElement>(id);
  const options = [...seen].sort((a, b) => a.localeCompare(b)).map((value) => el("option", { value }, value));
  if (document.activeElement !== select) fill(select, el("option", { value: "" }, all), ...options);
  select.value = current;
  select.onchange = () => change(select.value);
}

/** Forget the choices of another feed. */
export function forget(): void {
  known.clear();
}

function windows(view: View, change: Change): void {
  const options = WINDOWS.map((value) =>
    el("option", { value }, value === "custom" ? "own dates" : `last ${windowName(value)}`),
  );
  const box = byId("f-window");
  if (!box.firstElementChild) {
    box.append(el("select", { "aria-label": "Window of closed tickets" }, ...options));
    for (const name of ["from", "to"])
      box.append(
        el("input", {
          type: "date",
          id: `f-${name}`,
          "aria-label": name === "from" ? "First day" : "Day after the last",
        }),
      );
  }
  const select = box.querySelector("select")!;
  select.value = view.window;
  const days = (["from", "to"] as const).map((name) => ({ name, input: byId<HTMLInputElement>(`f-${name}`) }));
  for (const { name, input } of days) {
    input.hidden = view.window !== "custom";
    if (document.activeElement !== input) input.value = view[name].slice(0, 10);
  }
  const apply = () => {
    const [from, to] = days.map(({ input }) => input.value);
    if (select.value !== "custom") change({ window: select.value, from: "", to: "" });
    else if (from && to) change({ window: "custom", from: midnight(from), to: midnight(to) });
    else for (const { input } of days) input.hidden = false;
  };
  select.onchange = apply;
  for (const { input } of days) input.onchange = apply;
}

// The offset of the zone at that midnight is what the current document's times have.
let offset = "Z";
export function useOffset(iso: string): void {
  offset = /(Z|[+-]\d\d:\d\d)$/.exec(iso)?.[1] ?? offset;
}

function midnight(day: string): string {
  return `${day}T00:00:00${offset}`;
}

function search(view: View, change: Change): void {
  const input = byId<HTMLInputElement>("f-q");
  if (document.activeElement !== input) input.value = view.q;
  input.oninput = () => {
    clearTimeout(timer);
    timer = setTimeout(() => change({ q: input.value.trim() }, "replace"), 150);
  };
}

function chips(view: View): HTMLElement[] {
  const made = COLOURS.flatMap((name) =>
    view.chosen[name].map((value) =>
      el(
        "button",
        { type: "button", "data-chip": name, "data-value": value, title: "Remove this filter" },
        `${name === "sla" ? "target" : name}: ${value} ×`,
      ),
    ),
  );
  const isFiltered = narrows(view) || view.cluster || view.status;
  return isFiltered ? [...made, el("button", { type: "button", id: "f-clear" }, "Clear filters")] : made;
}

function result({ view, rows, shown }: Model): HTMLElement[] {
  const text =
    shown.length === rows.length
      ? counted(rows.length, "ticket")
      : `${count(shown.length)} of ${counted(rows.length, "ticket")}`;
  return [el("span", { id: "f-count" }, text), el("span", { class: "downloads" }, ...downloads(view.feed, shown))];
}

function answer({ view }: Model, change: Change): void {
  for (const chip of document.querySelectorAll<HTMLElement>("[data-chip]")) {
    const { chip: name, value } = chip.dataset;
    chip.onclick = () => change(toggled(view, name as (typeof COLOURS)[number], value ?? ""));
  }
  const clear = document.getElementById("f-clear");
  if (clear) clear.onclick = () => change(cleared(view));
}

/** Make a button that clears all filters. */
export function clearButton(view: View, change: Change): HTMLElement {
  return button("Clear filters", () => change(cleared(view)));
}
