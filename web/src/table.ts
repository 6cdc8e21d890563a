// The tickets as a table. Only the rows in sight are elements: 21,000 tickets scroll like ten.
import { ageOf } from "./classes.ts";
import { el } from "./dom.ts";
import { duration } from "./format.ts";
import type { Row } from "./rows.ts";
import { NOT_ON_MAP } from "./rows.ts";

const ROW = 38; // pixels, as in style.css
const SPARE = 8; // rows above and below what is in sight
const PRINTED = 500;

interface Column {
  key: string;
  title: string;
  text: (row: Row) => string;
}

const COLUMNS: readonly Column[] = [
  { key: "id", title: "Ticket", text: (row) => row.ticket.ticket_id },
  { key: "age", title: "Age", text: (row) => duration(row.age) },
  { key: "target", title: "Target", text: (row) => row.ticket.sla_state ?? "unknown" },
  { key: "area", title: "Area", text: (row) => row.ticket.cluster ?? "–" },
  { key: "kind", title: "Kind", text: (row) => row.ticket.bucket ?? "–" },
  { key: "team", title: "Team", text: (row) => row.ticket.assigned_team ?? "no team" },
  { key: "location", title: "Location", text: (row) => row.ticket.location_name ?? "–" },
  { key: "status", title: "Status", text: (row) => row.ticket.status ?? "–" },
];

export interface TableEvents {
  sort(key: string): void;
  open(id: string): void;
}

export class TicketTable {
  private rows: readonly Row[] = [];
  private selected = "";
  private readonly box: HTMLElement;
  private readonly events: TableEvents;
  private readonly table = el("table", { "aria-label": "Open tickets" });
  private readonly head = el("thead");
  private readonly body = el("tbody");
  private readonly above = el("tr", { class: "spacer", "aria-hidden": "true" }, el("td"));
  private readonly below = el("tr", { class: "spacer", "aria-hidden": "true" }, el("td"));

  constructor(box: HTMLElement, events: TableEvents) {
    this.box = box;
    this.events = events;
    this.box.tabIndex = 0;
    this.box.setAttribute("role", "region");
    this.box.setAttribute("aria-label", "Table of open tickets");
    this.table.append(this.head, this.body);
    this.box.append(this.table);
    this.box.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(this.box);
    this.body.addEventListener("click", (event) => this.clicked(event));
    window.addEventListener("beforeprint", () => this.draw(PRINTED));
    window.addEventListener("afterprint", () => this.draw());
  }

  /** Show rows; scroll position and focus stay. */
  show(rows: readonly Row[], sort: string, selected: string): void {
    this.rows = rows;
    this.selected = selected;
    this.table.setAttribute("aria-rowcount", String(rows.length + 1));
    this.drawHead(sort);
    this.draw();
  }

  /** Focus the row so many rows further, or the first one in sight. */
  move(step: number): void {
    const focused = document.activeElement?.closest("tr")?.getAttribute("data-id");
    const from = this.rows.findIndex((row) => row.ticket.ticket_id === (focused ?? this.selected));
    this.focus(from < 0 ? 0 : Math.max(0, Math.min(this.rows.length - 1, from + step)));
  }

  /** Focus the row of a ticket. */
  focusOn(id: string): void {
    this.focus(this.rows.findIndex((row) => row.ticket.ticket_id === id));
  }

  private focus(index: number): void {
    const row = this.rows[index];
    if (!row) return;
    const head = this.head.offsetHeight;
    const [top, height] = [index * ROW, this.box.clientHeight - head];
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    if (top + ROW > this.box.scrollTop + height) this.box.scrollTop = top + ROW - height;
    this.draw();
    this.body
      .querySelector<HTMLElement>(`tr[data-id="${CSS.escape(row.ticket.ticket_id)}"] button`)
      ?.focus({ preventScroll: true });
  }

  private drawHead(sort: string): void {
    const key = sort.replace("-", "");
    const cells = COLUMNS.map((column) => {
      const isSorted = column.key === key;
      const order = isSorted ? (sort.startsWith("-") ? "descending" : "ascending") : undefined;
      const made = el("button", { type: "button", id: `sort-${column.key}` }, column.title);
      made.addEventListener("click", () => this.events.sort(column.key));
      return el("th", { scope: "col", class: column.key, "aria-sort": order }, made);
    });
    const focus = this.head.contains(document.activeElement) ? document.activeElement?.id : "";
    this.head.replaceChildren(el("tr", { "aria-rowindex": 1 }, ...cells));
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  }

  private draw(most = 0): void {
    const first = most ? 0 : Math.max(0, Math.floor(this.box.scrollTop / ROW) - SPARE);
    const last = most || Math.ceil((this.box.scrollTop + this.box.clientHeight) / ROW) + SPARE;
    const inSight = this.rows.slice(first, last);
    const focused = document.activeElement?.closest("tr")?.getAttribute("data-id");
    const hadFocus = focused && this.body.contains(document.activeElement);
    spread(this.above, first);
    spread(this.below, Math.max(0, this.rows.length - first - inSight.length));
    this.body.replaceChildren(this.above, ...inSight.map((row, i) => this.line(row, first + i)), this.below);
    if (hadFocus)
      this.body
        .querySelector<HTMLElement>(`tr[data-id="${CSS.escape(focused)}"] button`)
        ?.focus({ preventScroll: true });
  }

  private line(row: Row, index: number): HTMLElement {
    const id = row.ticket.ticket_id;
    const step = ageOf(row.age).name;
    const [, ...others] = COLUMNS;
    const cells = others.map((column) =>
      el(
        "td",
        { class: column.key, title: column.text(row), "data-step": column.key === "age" ? step : undefined },
        column.text(row),
      ),
    );
    const mark = row.at ? null : el("span", { class: "unmapped" }, NOT_ON_MAP);
    const first = el("th", { scope: "row", class: "id" }, el("button", { type: "button" }, id), mark);
    return el(
      "tr",
      {
        "data-id": id,
        "aria-rowindex": index + 2,
        "data-target": row.ticket.sla_state ?? undefined,
        "aria-current": id === this.selected ? "true" : undefined,
      },
      first,
      ...cells,
    );
  }

  private clicked(event: Event): void {
    const id = (event.target as Element).closest("tr")?.getAttribute("data-id");
    if (id) this.events.open(id);
  }
}

function spread(spacer: HTMLElement, rows: number): void {
  spacer.hidden = rows === 0;
  (spacer.firstElementChild as HTMLElement).style.height = `${rows * ROW}px`;
}
