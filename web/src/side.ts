// The panel beside the map follows the address: a ticket, the tickets of a place, or nothing.
import { get, Problem } from "./api.ts";
import { el, fill } from "./dom.ts";
import { linksOf, type Model } from "./model.ts";
import { detailed, listed, type PanelEvents, said } from "./panel.ts";
import { nearest, nearTitle } from "./nearest.ts";
import { planned } from "./planlist.ts";
import type { OneTicket } from "./types.ts";
import { withQuery } from "./view.ts";

export class Side {
  private readonly box: HTMLElement;
  private readonly events: PanelEvents;
  private shownOf = ""; // document and ticket that are shown

  constructor(box: HTMLElement, events: PanelEvents) {
    this.box = box;
    this.events = events;
  }

  /** Show what the view selects. */
  async show(model: Model): Promise<void> {
    const { sel, place, at } = model.view;
    const { near, panel } = at ? { near: "", panel: "" } : model.view; // both are of now
    this.box.hidden = !sel && !place && !near && !panel;
    const of = [sel, place, near, panel, at, model.document?.generated_at, place && !sel ? model.shown.length : ""].join("|");
    if (panel && !sel && !place && !near) this.showPlan(model);
    if (of === this.shownOf) return;
    const isOther = this.shownOf.split("|", 4).join() !== [sel, place, near, panel].join();
    this.shownOf = of;
    if (isOther && !this.box.hidden) this.box.scrollIntoView({ block: "nearest" }); // on a phone it lies below the map
    if (near) await this.showAsked(nearTitle(model.view), isOther, () => nearest(linksOf(model)!, model.view, this.events));
    else if (sel) await this.showAsked(sel, isOther, () => this.ticket(model, sel));
    else if (place) this.showPlace(model, place);
    else if (!panel) fill(this.box);
  }

  /** Whether something is shown. */
  get isOpen(): boolean {
    return !this.box.hidden;
  }

  /** Move the focus into the panel. */
  focus(): void {
    this.box.focus({ preventScroll: true });
    this.box.scrollTop = 0;
  }

  private showPlan(model: Model): void {
    const query = new URLSearchParams(model.view.cluster ? { cluster: model.view.cluster } : {});
    const csv = withQuery(`${linksOf(model)?.dispatch ?? ""}.csv`, query);
    const top = this.box.scrollTop;
    fill(this.box, ...planned(model.dispatch, csv, this.events));
    this.box.scrollTop = top;
  }

  private showPlace(model: Model, place: string): void {
    const keys = new Set(place.split(";"));
    const rows = model.shown.filter((row) => row.at && keys.has(row.at.join(",")));
    this.box.replaceChildren(...listed(rows, this.events));
  }

  private async ticket(model: Model, id: string): Promise<HTMLElement[]> {
    const { body } = await get<OneTicket>(`api/v1/feeds/${model.view.feed}/tickets/${encodeURIComponent(id)}`);
    const age = model.rows.find((row) => row.ticket.ticket_id === id)?.age ?? null;
    const made = detailed(body, age, model.start?.ticket_url ?? null, this.events);
    return model.view.at ? [...made, el("p", { class: "banner care" }, "This is the ticket as it is now.")] : made;
  }

  private async showAsked(title: string, isOther: boolean, ask: () => Promise<HTMLElement[]>): Promise<void> {
    if (isOther) this.box.replaceChildren(...said(title, "…", this.events));
    const of = this.shownOf;
    let made: HTMLElement[];
    try {
      made = await ask();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      made = said(title, [error.message, error.hint].join(" "), this.events);
    }
    if (of !== this.shownOf) return; // another one was chosen meanwhile
    const top = this.box.scrollTop;
    this.box.replaceChildren(...made);
    this.box.scrollTop = isOther ? 0 : top;
  }
}
