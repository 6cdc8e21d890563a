// The key numbers; each carries its definition.

import {h} from "./dom.ts";
import {count, hours} from "./format.ts";
import type {Dashboard, Trust} from "./model.ts";

interface Figure {
  label: string;
  value: string;
  meaning: string;
  note?: string;
  warn?: boolean;
}

export function drawNumbers(container: HTMLElement, doc: Dashboard, trust: Trust): void {
  if (container.contains(document.activeElement)) return; // somebody is reading a definition
  const open = new Set([...container.querySelectorAll("details[open]")].map((one) => one.getAttribute("data-name")));
  container.replaceChildren(...figures(doc, trust).map((one) => draw(one, open.has(one.label))));
}

function draw({label, value, meaning, note, warn}: Figure, isOpen: boolean): HTMLElement {
  return h("details", {class: `figure${warn ? " warn" : ""}`, "data-name": label, open: isOpen},
    h("summary", {title: "What is this?"}, h("span", {class: "value"}, value), h("span", {class: "label"}, label), note && h("span", {class: "note"}, note)),
    h("p", {}, meaning));
}

function figures({counts, metrics, filters}: Dashboard, trust: Trust): Figure[] {
  const {backlog, ttr} = metrics;
  const window = filters.window === "custom" ? "the chosen days" : filters.window;
  return [
    {label: "open", value: count(backlog.total), meaning: "Tickets that are not closed or cancelled and that the newest export still lists."},
    {label: "overdue", value: count(backlog.overdue), warn: backlog.overdue > 0, meaning: "Open tickets older than their target. The age counts around the clock from creation (or from when the ticket was first seen); it is no contractual compliance."},
    {label: "to act on", value: count(backlog.actionable), meaning: "Open tickets that the export marks as actionable."},
    {label: "without a team", value: count(backlog.unassigned), warn: backlog.unassigned > 0, meaning: "Open tickets without an assigned team."},
    {label: "not on the map", value: count(counts.open_unmapped), meaning: "Open tickets without a known place. They are in the table and in every number."},
    {label: `closed in ${window}`, value: count(counts.closed), meaning: "Tickets whose closing time is in the window, cancelled ones included."},
    {label: "median repair", value: hours(ttr.p50_minutes), note: `n = ${count(ttr.n)}`, meaning: "Half of the repaired tickets of the window took less time from creation to closing. Cancelled tickets and those without a creation time do not count; below five there is no number."},
    {label: "no longer listed", value: count(counts.open_absent), meaning: "Tickets that were open when an export stopped listing them. They are in no other number."},
    {label: "unreadable records", value: count(trust.rejects), warn: trust.rejects > 0, meaning: "Records of exports that could not be read as tickets and that nobody resolved yet: `fleetfeed rejects list`."},
  ];
}
