// What a ticket is coloured and filtered by: its step of age, its state against the target, its team, its kind.
import type { Row } from "./rows.ts";
import type { Colour } from "./view.ts";

export const NONE = "(none)";
export const MIXED = "mixed";

export interface Step {
  value: string; // in the address
  label: string;
  name: string; // of the CSS variable with its colour
}

export const AGES: readonly (Step & { below: number })[] = [
  { value: "4h", label: "under 4 h", name: "step-0", below: 240 },
  { value: "1d", label: "4 to 24 h", name: "step-1", below: 1440 },
  { value: "2d", label: "1 to 2 days", name: "step-2", below: 2880 },
  { value: "7d", label: "2 to 7 days", name: "step-3", below: 10080 },
  { value: "30d", label: "7 to 30 days", name: "step-4", below: 43200 },
  { value: "older", label: "over 30 days", name: "step-5", below: Infinity },
  { value: "unknown", label: "unknown", name: "unknown", below: NaN },
];

const TARGETS: readonly Step[] = [
  { value: "ok", label: "under half the target", name: "step-0" },
  { value: "warn", label: "over 50 %", name: "step-2" },
  { value: "urgent", label: "over 75 %", name: "step-3" },
  { value: "overdue", label: "overdue", name: "step-4" },
  { value: "unknown", label: "no target", name: "unknown" },
];

const HUES = 7;

/** Return the value of a ticket in a dimension. */
export function valueOf(row: Row, dimension: Colour): string {
  if (dimension === "age") return ageOf(row.age).value;
  if (dimension === "sla") return row.ticket.sla_state ?? "unknown";
  return (dimension === "team" ? row.ticket.assigned_team : row.ticket.bucket) ?? NONE;
}

/** Return the step of an age in minutes. */
export function ageOf(minutes: number | null): Step {
  const last = AGES.length - 1;
  return AGES.find((step) => minutes !== null && minutes < step.below) ?? (AGES[last] as Step);
}

/** Return the steps of a dimension, in the order of the legend; names get the same colour whatever is filtered. */
export function stepsOf(rows: readonly Row[], dimension: Colour, chosen: readonly string[]): readonly Step[] {
  if (dimension === "age") return AGES;
  if (dimension === "sla") return TARGETS;
  const names = new Set([...rows.map((row) => valueOf(row, dimension)), ...chosen]);
  names.delete(NONE);
  const sorted = [...names].sort((a, b) => a.localeCompare(b));
  const steps = sorted.map((value, i) => ({ value, label: value, name: i < HUES ? `hue-${i}` : "unknown" }));
  return [...steps, { value: NONE, label: dimension === "team" ? "no team" : "no kind", name: "unknown" }];
}

/** Whether the steps of a dimension have an order, so that the worst of several can be shown. */
export function isOrdered(dimension: Colour): boolean {
  return dimension === "age" || dimension === "sla";
}
