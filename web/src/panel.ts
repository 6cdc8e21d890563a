// The panel beside the map: the tickets of a place, or one ticket and its life.

import {ask} from "./api.ts";
import {h} from "./dom.ts";
import {duration, plural, time} from "./format.ts";
import type {Life, Start, Ticket} from "./model.ts";
import type {Place} from "./places.ts";
import {sorted} from "./tickets.ts";

const NAMES: Record<string, string> = {
  status: "Status", raw_status: "As exported", bucket: "Fault", cluster: "Area", region: "Region", location_name: "Location",
  assigned_team: "Team", owner: "Owner", created_at: "Created", closed_at: "Closed", mttr_minutes: "Repair time, as exported",
};
const KINDS: Record<string, string> = {inserted: "first exported", updated: "changed", absent: "no longer in the export", returned: "in the export again"};
const MOST_LISTED = 200;

export class Panel {
  private focusedBefore: HTMLElement | null = null;
  private shownLife = "";
  private listed: string[] = []; // places

  constructor(private element: HTMLElement, private start: Start, private open: (id: string) => void, private closed: () => void) {
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  /** List the tickets of places. */
  list(places: Place[]): void {
    const listed = places.map((place) => place.key);
    const tickets = sorted(places.flatMap((place) => place.tickets), "-age");
    const coarse = places.some((place) => place.coarse);
    const title = places.length === 1 ? places[0]?.name || "Here" : plural(places.length, "place");
    this.show(h("h2", {}, title), h("p", {}, `${plural(tickets.length, "open ticket")}${coarse ? "; the place is approximate: the middle of the area" : ""}.`),
      h("ul", {class: "list"}, ...tickets.slice(0, MOST_LISTED).map((one) => this.entry(one))),
      tickets.length > MOST_LISTED && h("p", {}, `The table has the other ${tickets.length - MOST_LISTED}.`));
    this.listed = listed;
  }

  /** Show the list of places that is open as it is now. */
  update(all: Place[]): void {
    if (this.element.hidden || !this.listed.length) return;
    const found = all.filter((place) => this.listed.includes(place.key));
    if (found.length && !this.element.contains(document.activeElement)) this.list(found);
  }

  /** Show one ticket; what is shown of it already stays until the answer is there. */
  async ticket(feed: string, id: string): Promise<void> {
    if (this.shownLife !== id) this.show(h("h2", {}, id), h("p", {}, "Loading …"));
    this.shownLife = id;
    const answer = await ask<Life>(`api/v1/feeds/${feed}/tickets/${encodeURIComponent(id)}`);
    if (this.shownLife !== id) return;
    if (answer.kind === "ok") this.show(...this.life(answer.data));
    else if (answer.kind === "problem") this.show(h("h2", {}, id), h("p", {}, `${answer.detail} ${answer.hint}`));
    else this.show(h("h2", {}, id), h("p", {}, "The server does not answer; this ticket's history comes with the next refresh."));
    this.shownLife = id;
  }

  close(): void {
    if (this.element.hidden) return;
    this.element.hidden = true;
    this.shownLife = "";
    this.listed = [];
    this.closed();
    this.focusedBefore?.focus();
  }

  private show(...content: (Node | false)[]): void {
    const scroll = this.element.scrollTop;
    if (this.element.hidden) this.focusedBefore = document.activeElement as HTMLElement | null;
    const wasHidden = this.element.hidden;
    this.element.hidden = false;
    this.shownLife = "";
    this.listed = [];
    this.element.replaceChildren(h("button", {type: "button", class: "close", "aria-label": "Close", onclick: () => this.close()}, "×"), ...content.filter((one): one is Node => one !== false));
    if (wasHidden) this.element.focus();
    else this.element.scrollTop = scroll;
  }

  private entry({properties: p}: Ticket): HTMLElement {
    return h("li", {}, h("button", {type: "button", onclick: () => this.open(p.ticket_id)}, h("b", {}, p.ticket_id), ` ${duration(p.age_minutes)} · ${p.bucket ?? "no kind"} · ${p.assigned_team ?? "no team"}`));
  }

  private life(life: Life): (Node | false)[] {
    const p = life.ticket?.properties;
    const zone = this.start.timezone;
    const url = this.start.ticket_url?.replace("{ticket_id}", encodeURIComponent(life.ticket_id));
    const facts = Object.entries(NAMES).flatMap(([name, label]) => {
      const value = p?.[name as keyof typeof p];
      return value === null || value === undefined ? [] : [h("dt", {}, label), h("dd", {}, shown(name, value, zone))];
    });
    return [
      h("h2", {}, life.ticket_id), url ? h("p", {}, h("a", {href: url, rel: "noopener noreferrer", target: "_blank"}, "Open in the ticket system")) : false,
      h("p", {class: "state"}, this.sentence(life)), h("dl", {}, ...facts, h("dt", {}, "Place"), h("dd", {}, place(life))),
      h("h3", {}, "Life"), h("ol", {class: "life"}, ...life.events.map((event) => h("li", {}, h("time", {datetime: event.at}, time(event.at, zone)), ` ${KINDS[event.kind] ?? event.kind}`,
        event.changed && h("ul", {}, ...Object.entries(event.changed).map(([name, [before, after]]) => h("li", {}, `${NAMES[name] ?? name}: ${before ?? "nothing"} → ${after ?? "nothing"}`))),
        event.export && h("small", {}, event.export)))),
      life.closures.length > 0 && h("p", {}, `Closed ${life.closures.map((one) => `${time(one.closed_at, zone)}${one.assigned_team ? ` by ${one.assigned_team}` : ""}`).join(", then ")}.`),
      life.rejects > 0 && h("p", {}, `${plural(life.rejects, "record")} of this ticket could not be read.`),
    ];
  }

  private sentence({state, absent_since, sla}: Life): string {
    if (state === "absent") return `Not closed, but no export lists it since ${time(absent_since, this.start.timezone)}.`;
    if (state !== "open" || !sla) return state ?? "No longer in the table.";
    const target = sla.target_minutes === null ? "" : ` of ${duration(sla.target_minutes)} allowed`;
    return `Open for ${duration(sla.age_minutes)}${target}${sla.state === "overdue" ? ": overdue" : ""}.`;
  }
}

function shown(name: string, value: string | number | boolean, zone: string): string {
  if (name.endsWith("_at")) return time(String(value), zone);
  return name.endsWith("_minutes") ? duration(Number(value)) : String(value);
}

function place({place: found}: Life): string {
  if (!found?.source) return "not known";
  if (found.source === "feed") return "the ticket's own coordinates";
  const by = found.provider ? ` (${[found.name, found.provider].filter(Boolean).join(", ")})` : "";
  return `${found.source === "cluster" ? "the middle of its area" : `its location, as ${found.precision ?? "unknown"}`}${by}`;
}
