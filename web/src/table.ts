// The table of tickets: only the visible rows exist, so that 21,000 scroll as easily as 20.

import {h} from "./dom.ts";
import {duration} from "./format.ts";
import type {Ticket} from "./model.ts";
import type {Column} from "./tickets.ts";

const ROW = 34; // pixels, as in the style sheet
const BEYOND = 8; // rows above and below the visible ones
const COLUMNS: [Column, string][] = [
  ["ticket_id", "Ticket"], ["age", "Age"], ["kind", "Fault"], ["cluster", "Area"], ["team", "Team"], ["status", "Status"], ["location", "Location"],
];

export class TicketTable {
  private tickets: Ticket[] = [];
  private selected = ""; // where the keyboard is
  private opened = "";
  private sorted = "";
  private body = h("div", {class: "rows", role: "rowgroup"});
  private space = h("div", {class: "space"}, this.body);
  private head = h("div", {class: "row head", role: "row"});

  constructor(private container: HTMLElement, private open: (id: string) => void, private sort: (column: string) => void) {
    container.setAttribute("role", "grid");
    container.setAttribute("aria-label", "Open tickets");
    container.append(h("div", {role: "rowgroup"}, this.head), this.space);
    container.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(container);
    container.addEventListener("keydown", (event) => this.key(event));
  }

  show(tickets: Ticket[], opened: string, sort: string): void {
    this.tickets = tickets;
    if (opened !== this.opened && opened) this.selected = opened;
    this.opened = opened;
    if (this.sorted !== sort) this.head.replaceChildren(...COLUMNS.map(([column, label]) => this.heading(column, label, sort)));
    this.sorted = sort;
    this.container.setAttribute("aria-rowcount", String(tickets.length + 1));
    this.space.style.height = `${tickets.length * ROW}px`;
    this.draw();
  }

  /** Move the selection by so many rows. */
  move(by: number): void {
    const at = this.tickets.findIndex((one) => one.properties.ticket_id === this.selected);
    const next = this.tickets[Math.min(this.tickets.length - 1, Math.max(0, at + by))];
    if (!next) return;
    this.selected = next.properties.ticket_id;
    const top = this.tickets.indexOf(next) * ROW;
    const {scrollTop, clientHeight} = this.container;
    if (top < scrollTop) this.container.scrollTop = top;
    if (top + 2 * ROW > scrollTop + clientHeight) this.container.scrollTop = top + 2 * ROW - clientHeight;
    this.draw();
  }

  openSelected(): void {
    if (this.selected) this.open(this.selected);
  }

  private key(event: KeyboardEvent): void {
    const by = {ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10}[event.key];
    if (by) this.move(by);
    else if (event.key === "Enter" && event.target === this.container) this.openSelected();
    else return;
    event.preventDefault();
  }

  private heading(column: Column, label: string, sort: string): HTMLElement {
    const isSorted = sort.replace("-", "") === column;
    const order = !isSorted ? "none" : sort.startsWith("-") ? "descending" : "ascending";
    const next = isSorted && !sort.startsWith("-") ? `-${column}` : column;
    const mark = order === "none" ? "" : order === "ascending" ? " ↑" : " ↓";
    return h("div", {role: "columnheader", "aria-sort": order, class: `cell ${column}`},
      h("button", {type: "button", onclick: () => this.sort(next)}, label + mark));
  }

  private draw(): void {
    const first = Math.max(0, Math.floor(this.container.scrollTop / ROW) - BEYOND);
    const many = Math.ceil(this.container.clientHeight / ROW) + 2 * BEYOND;
    const shown = this.tickets.slice(first, first + many);
    this.body.style.transform = `translateY(${first * ROW}px)`;
    this.body.replaceChildren(...shown.map((ticket, index) => this.row(ticket, first + index)));
    const isShown = shown.some((one) => one.properties.ticket_id === this.selected);
    if (isShown) this.container.setAttribute("aria-activedescendant", "row-selected");
    else this.container.removeAttribute("aria-activedescendant");
  }

  private row(ticket: Ticket, index: number): HTMLElement {
    const {properties: p} = ticket;
    const isSelected = p.ticket_id === this.selected;
    const cells = [p.ticket_id, duration(p.age_minutes), p.bucket, p.cluster ?? "none", p.assigned_team ?? "no team", p.status, p.location_name];
    const row = h("div", {role: "row", class: `row${isSelected ? " selected" : ""}`, "aria-selected": isSelected, "aria-rowindex": index + 2, id: isSelected ? "row-selected" : undefined, "data-ticket": p.ticket_id});
    row.append(...cells.map((text, column) => {
      const name = COLUMNS[column]?.[0] ?? "";
      const off = name === "location" && !ticket.geometry;
      return h("div", {role: "gridcell", class: `cell ${name}${p.sla_state === "overdue" && name === "age" ? " late" : ""}`, title: text ?? ""},
        off && h("span", {class: "tag"}, "not on map"), text ?? "");
    }));
    row.addEventListener("click", () => { this.selected = p.ticket_id; this.open(p.ticket_id); });
    return row;
  }
}
