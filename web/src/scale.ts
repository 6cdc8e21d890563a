// What the colours of the map mean.

import type {Ticket} from "./model.ts";
import {AGES, NONE, ageOf} from "./tickets.ts";

export interface Step {
  key: string;
  label: string;
  variable: string; // of the style sheet
}

export interface Scale {
  steps: Step[];
  of: (ticket: Ticket) => string;
  ordered: boolean; // a place of several tickets has the colour of the highest
}

export const SCALES = {age: "Age", sla: "Target", team: "Team", kind: "Kind of fault"};
const SLA = [["ok", "within target"], ["warn", "half of target"], ["urgent", "nearly due"], ["overdue", "overdue"], ["unknown", "unknown"]];
const MOST = 7; // colours that can be told apart

export function scale(name: string, tickets: Ticket[]): Scale {
  if (name === "sla") {
    const steps = SLA.map(([key, label], index) => ({key: key ?? "", label: label ?? "", variable: key === "unknown" ? "unknown" : `sla-${index}`}));
    return {steps, of: (one) => one.properties.sla_state ?? "unknown", ordered: true};
  }
  if (name === "team") return categories(tickets, (one) => one.properties.assigned_team ?? NONE);
  if (name === "kind") return categories(tickets, (one) => one.properties.bucket ?? NONE);
  const steps = AGES.map(({key, label}, index) => ({key, label, variable: `age-${index}`}));
  return {steps: [...steps, {key: "unknown", label: "unknown", variable: "unknown"}], of: ageOf, ordered: true};
}

/** The steps of a place's tickets; -1 for what is unknown, so that it hides nothing worse. */
export function ranks(place: {tickets: Ticket[]}, scale: Scale): number[] {
  return place.tickets.map((ticket) => {
    const key = scale.of(ticket);
    return scale.ordered && key === "unknown" ? -1 : scale.steps.findIndex((step) => step.key === key);
  });
}

/** The colour of a place: that of the highest step, or none where teams or kinds are mixed. */
export function variable(place: {tickets: Ticket[]}, scale: Scale): string {
  const all = ranks(place, scale);
  const step = scale.ordered || new Set(all).size === 1 ? scale.steps[Math.max(...all)] : undefined;
  return step?.variable ?? "unknown";
}

function categories(tickets: Ticket[], of: (ticket: Ticket) => string): Scale {
  const counts = new Map<string, number>();
  for (const ticket of tickets) counts.set(of(ticket), (counts.get(of(ticket)) ?? 0) + 1);
  const named = [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([key]) => key);
  const first = new Set(named.slice(0, MOST));
  const steps = [...first].map((key, index) => ({key, label: key, variable: `kind-${index}`}));
  if (named.length > MOST) steps.push({key: "others", label: "others", variable: "unknown"});
  return {steps, of: (ticket) => (first.has(of(ticket)) ? of(ticket) : "others"), ordered: false};
}
