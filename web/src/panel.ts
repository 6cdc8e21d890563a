// Beside the map: the tickets of a place, or one ticket with its life.
import { button, el } from "./dom.ts";
import { duration, moment } from "./format.ts";
import type { Row } from "./rows.ts";
import type { Closure, OneTicket, TicketEvent } from "./types.ts";

const MOST_LISTED = 200;

export interface PanelEvents {
  open(id: string): void;
  close(): void;
  near(): void; // units near the ticket
}

/** List the tickets of a place. */
export function listed(rows: readonly Row[], events: PanelEvents): HTMLElement[] {
  const areas = [...new Set(rows.map((row) => row.ticket.cluster ?? "no area"))];
  const title = `${rows.length} open in ${areas.length > 2 ? `${areas.length} areas` : areas.join(" and ")}`;
  const coarse = rows.some((row) => ["cluster", "city"].includes(row.ticket.geo_precision ?? ""));
  const items = rows.slice(0, MOST_LISTED).map((row) => {
    const { ticket_id, bucket, assigned_team } = row.ticket;
    const more = [duration(row.age), bucket, assigned_team ?? "no team"].filter(Boolean).join(" · ");
    return el(
      "li",
      {},
      button(ticket_id, () => events.open(ticket_id)),
      el("span", {}, more),
    );
  });
  return [
    header(title, events),
    ...(coarse ? [el("p", { class: "muted" }, "Of some only the area is known: the point is its middle.")] : []),
    el("ul", { class: "list" }, ...items),
    ...(rows.length > MOST_LISTED ? [el("p", {}, `… and ${rows.length - MOST_LISTED} more in the table.`)] : []),
  ];
}

/** Show one ticket. */
export function detailed(
  one: OneTicket,
  age: number | null,
  ticketUrl: string | null,
  events: PanelEvents,
): HTMLElement[] {
  const link = ticketUrl
    ? el(
        "a",
        { href: linkTo(ticketUrl, one.ticket_id), rel: "noreferrer", target: "_blank" },
        "Open in the ticket system",
      )
    : null;
  return [
    header(one.ticket_id, events, button("Nearest units", () => events.near(), { class: "of-now" }), link),
    el("p", { class: "lead" }, leadOf(one, age)),
    facts(one),
    el("h3", {}, "Life"),
    el("ol", { class: "life" }, ...timeline(one)),
    el("p", { class: "muted" }, "Times of changes are those of the exports that showed them."),
  ];
}

/** Say that a ticket is being asked for, or why it cannot be shown. */
export function said(title: string, text: string, events: PanelEvents): HTMLElement[] {
  return [header(title, events), el("p", {}, text)];
}

/** Fill the template of a link; only web addresses become links. */
export function linkTo(template: string, id: string): string {
  const url = template.replaceAll("{ticket_id}", encodeURIComponent(id));
  return /^https?:\/\//i.test(url) ? url : "#";
}

/** Return the head of a panel, with a button that closes it. */
export function header(title: string, events: PanelEvents, ...more: (Node | null)[]): HTMLElement {
  return el(
    "div",
    { class: "panel-head" },
    el("h2", {}, title),
    ...more,
    button("Close", () => events.close(), { class: "close", title: "Close (Esc)" }),
  );
}

function leadOf(one: OneTicket, age: number | null): string {
  if (one.state === "absent") return `No longer listed by the export since ${moment(one.absent_since)}.`;
  if (one.state === "closed") return `Closed ${moment(one.ticket?.properties.closed_at)}.`;
  const percent = one.sla?.elapsed_pct;
  const target =
    percent === null || percent === undefined
      ? ""
      : `, ${Math.round(percent)} % of its target of ${duration(one.sla?.target_minutes)}`;
  return `Open for ${duration(age)}${target}.`;
}

function facts(one: OneTicket): HTMLElement {
  const ticket = one.ticket?.properties;
  const rows: [string, string | null | undefined][] = [
    [
      "Status",
      ticket &&
        [ticket.status, ticket.raw_status !== ticket.status?.toUpperCase() ? `(${ticket.raw_status})` : ""].join(" "),
    ],
    ["Team", ticket?.assigned_team ?? "no team"],
    ["Owner", ticket?.owner],
    ["Kind", ticket?.bucket],
    ["Area", [ticket?.cluster, ticket?.region].filter(Boolean).join(", ")],
    ["Location", ticket?.location_name],
    ["On the map", placed(one)],
    [
      "Started",
      ticket?.created_at ? moment(ticket.created_at) : "unknown; its age counts from the first export that listed it",
    ],
    ["Actionable", ticket?.is_actionable === null ? null : ticket?.is_actionable ? "yes" : "no"],
    ["Rejected rows", one.rejects ? String(one.rejects) : null],
  ];
  return el(
    "dl",
    {},
    ...rows.filter(([, value]) => value).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
  );
}

function placed({ place, ticket }: OneTicket): string {
  if (!ticket?.geometry || !place) return "no place was found";
  const whys: Record<string, string> = {
    feed: "the export's own coordinates",
    location: `found by its location${place.precision ? ` (${place.precision})` : ""}`,
    cluster: "the middle of its area: the exact place is unknown",
  };
  const by = [place.provider, place.name].filter(Boolean).join(": ");
  return (whys[place.source ?? ""] ?? place.source ?? "") + (by ? ` – ${by}` : "");
}

function timeline(one: OneTicket): HTMLElement[] {
  const events = one.events.map((event) => ({ at: event.at, made: happening(event) }));
  const closures = one.closures.map((closure) => ({
    at: closure.closed_at ?? closure.observed_at,
    made: closing(closure),
  }));
  const all = [...events, ...closures].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return all.map(({ at, made }) => el("li", {}, el("time", { datetime: at }, moment(at)), ...made));
}

const KINDS: Record<string, string> = {
  inserted: "first listed",
  updated: "changed",
  absent: "no longer listed",
  returned: "listed again",
};

function happening(event: TicketEvent): HTMLElement[] {
  const changes = Object.entries(event.changed ?? {}).map(([name, value]) =>
    el("span", { class: "change" }, `${name.replaceAll("_", " ")}: ${value.map(written).join(" → ")}`),
  );
  return [el("b", {}, KINDS[event.kind] ?? event.kind.replaceAll("_", " ")), ...changes];
}

function closing(closure: Closure): HTMLElement[] {
  const closer = closure.closing_team ?? closure.assigned_team;
  const by = `by ${closer ?? "a team that is not named"}`;
  const took = closure.mttr_minutes === null ? "" : ` after ${duration(closure.mttr_minutes)}`;
  const worker = closure.working_team;
  const worked = worker && worker !== closer ? ` · ${worker} worked on it` : "";
  return [el("b", {}, "closed"), el("span", { class: "change" }, by + took + worked)];
}

function written(value: unknown): string {
  return value === null || value === "" ? "empty" : String(value);
}
