// The key numbers, each with its definition one click away.
import { el, fill } from "./dom.ts";
import { count, statistic } from "./format.ts";
import type { Dashboard, Trust } from "./types.ts";

interface KeyNumber {
  id: string;
  label: string;
  value: string;
  more: string;
  means: string;
  warns?: boolean;
}

/** Show the key numbers of a document. */
export function showNumbers(box: Element, document: Dashboard, trust: Trust | null): void {
  fill(box, ...keyNumbers(document, trust).map((one) => card(one, isOpen(one.id))));
}

/** Return the key numbers of a document, in the order in which they are shown. */
export function keyNumbers(document: Dashboard, trust: Trust | null): KeyNumber[] {
  return [...backlog(document), ...closures(document), ...gaps(document, trust)];
}

function backlog({ metrics, counts }: Dashboard): KeyNumber[] {
  const { total, actionable, overdue, unassigned } = metrics.backlog;
  return [
    {
      id: "open",
      label: "open",
      value: count(total),
      more: total === 1 ? "ticket" : "tickets",
      means: "All tickets that are not closed and that the last export lists. Filters of area and status apply.",
    },
    {
      id: "overdue",
      label: "overdue",
      value: count(overdue),
      more: share(overdue, total),
      warns: overdue > 0,
      means:
        "Open for longer than the target. Age counts around the clock from the ticket's own start, so this is no contractual figure.",
    },
    {
      id: "unassigned",
      label: "without a team",
      value: count(unassigned),
      more: share(unassigned, total),
      warns: unassigned > 0,
      means: "Open tickets whose field for the team is empty.",
    },
    {
      id: "actionable",
      label: "actionable",
      value: count(actionable),
      more: share(actionable, total),
      means: "Open tickets that the source marks as actionable: a crew could work on them now.",
    },
    {
      id: "unmapped",
      label: "not on the map",
      value: count(counts.open_unmapped),
      more: "no place found",
      warns: counts.open_unmapped > 0,
      means:
        "Open tickets without coordinates: the export has none, and no geocoder found the location or the area. They are in the table. Search for «not on map» to see them.",
    },
  ];
}

function closures({ metrics, counts, filters }: Dashboard): KeyNumber[] {
  const { ttr } = metrics;
  const within =
    ttr.within_48h_pct === null || ttr.within_48h_pct === undefined ? "too few" : `${Math.round(ttr.within_48h_pct)} %`;
  return [
    {
      id: "closed",
      label: `closed in ${windowName(filters.window)}`,
      value: count(counts.closed),
      more: counts.closed === 1 ? "ticket" : "tickets",
      means: "Tickets with a closing time in the chosen window, including cancelled ones.",
    },
    {
      id: "median",
      label: "median repair",
      value: statistic(ttr.p50_minutes),
      more: `of ${count(ttr.n)}`,
      means: `Half of the tickets closed in the window took less, from start to closing. Cancelled ones and those without a usable start are left out; ${count(ttr.n)} are counted. Fewer than 5 are too few for a median.`,
    },
    {
      id: "within",
      label: "closed within 48 h",
      value: within,
      more: `of ${count(counts.closed)}`,
      means:
        "Share of the tickets closed in the window that were closed within 48 hours after their start. An unknown start counts as no.",
    },
  ];
}

function gaps({ counts }: Dashboard, trust: Trust | null): KeyNumber[] {
  const absent: KeyNumber = {
    id: "absent",
    label: "vanished",
    value: count(counts.open_absent),
    more: "no longer listed",
    means:
      "Tickets that were open when the export last listed them, and that it lists no longer. They are in no other number.",
  };
  const rejects: KeyNumber = {
    id: "rejects",
    label: "unreadable",
    value: trust ? count(trust.rejects) : "–",
    more: "rejected rows",
    warns: Boolean(trust?.rejects),
    means:
      "Rows of exports that could not be read as a ticket and that no later export repaired. `fleetfeed rejects` lists them.",
  };
  return [absent, rejects];
}

function card({ id, label, value, more, means, warns }: KeyNumber, open: boolean): HTMLElement {
  const details = el(
    "details",
    { id: `number-${id}`, name: "number", open, class: warns ? "warns" : undefined },
    el("summary", {}, el("strong", {}, value), el("span", { class: "label" }, label), el("small", {}, more)),
    el("p", {}, means),
  );
  return el("li", {}, details);
}

function isOpen(id: string): boolean {
  return (document.getElementById(`number-${id}`) as HTMLDetailsElement | null)?.open ?? false;
}

function share(part: number, whole: number): string {
  return whole ? `${Math.round((100 * part) / whole)} % of open` : "of none";
}

/** Name a window as a reader says it. */
export function windowName(window: string): string {
  const names: Record<string, string> = { "24h": "24 hours", "7d": "7 days", "30d": "30 days", "90d": "90 days" };
  return names[window] ?? "these days";
}
