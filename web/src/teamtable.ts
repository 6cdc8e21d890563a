// The section «Teams», asked for when it first comes into view, and from then on with each poll.
import { get, Problem } from "./api.ts";
import { button, byId, el, fill } from "./dom.ts";
import { moment } from "./format.ts";
import { linksOf, type Model } from "./model.ts";
import { windowName } from "./numbers.ts";
import { TEAM_COLUMNS, type TeamColumn, unattributedCells } from "./teams.ts";
import type { Team, Teams } from "./types.ts";
import { askedOfTeams, withQuery } from "./view.ts";

export class TeamTable {
  private readonly box: HTMLElement;
  private readonly body = el("div");
  private readonly csv = el("a", { download: true }, "CSV");
  private wanted: Model | null = null;
  private isSeen = false;
  private shownOf = ""; // address and document of the last request
  private explained = ""; // key of the column whose meaning is shown

  constructor(box: HTMLElement) {
    this.box = box;
    this.box.append(el("div", { class: "section-head" }, el("h2", { id: "teams-title" }, "Teams"), this.csv), this.body);
    const watcher = new IntersectionObserver((seen) => {
      if (!seen.some((one) => one.isIntersecting)) return;
      watcher.disconnect();
      this.isSeen = true;
      if (this.wanted) void this.show(this.wanted);
    });
    watcher.observe(this.box);
  }

  /** Show the teams of the view's area and window, once somebody looks. */
  async show(model: Model): Promise<void> {
    this.wanted = { ...model };
    const links = linksOf(model);
    if (!this.isSeen || !links) return;
    const query = askedOfTeams(model.view);
    const of = [withQuery(links.teams, query), model.document?.generated_at].join("|");
    if (of === this.shownOf) return;
    this.shownOf = of;
    this.csv.href = withQuery(`${links.teams}.csv`, query);
    let made: HTMLElement[];
    try {
      made = this.report((await get<Teams>(withQuery(links.teams, query))).body);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      made = [el("p", {}, [error.message, error.hint].join(" "))];
    }
    if (of === this.shownOf) fill(this.body, ...made); // else another window was chosen meanwhile
    this.explain(this.explained);
  }

  private report({ teams, unattributed, filters, attribution_since: since }: Teams): HTMLElement[] {
    const where = filters.cluster ? ` in ${filters.cluster}` : "";
    const about = `Repairs of ${moment(filters.from)} to ${moment(filters.to)} (${windowName(filters.window)})${where}, attributed since ${moment(since)}. «Too few»: fewer repairs than a share or a median needs.`;
    const head = el("tr", {}, el("th", { scope: "col" }, "Team"), ...TEAM_COLUMNS.map((column) => this.head(column)));
    const last = unattributedCells(unattributed.closed).map((cell) => el("td", {}, cell));
    const table = el(
      "table",
      { "aria-labelledby": "teams-title" },
      el("thead", {}, head),
      el("tbody", {}, ...teams.map(line)),
      el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, "unattributed"), ...last)),
    );
    return [
      el("p", { class: "muted" }, about),
      el("p", { id: "teams-means", class: "means", role: "status" }),
      el("div", { class: "scrolled", tabindex: 0, role: "region", "aria-label": "Table of teams" }, table),
    ];
  }

  private head({ key, title }: TeamColumn): HTMLElement {
    const toggle = () => this.explain(this.explained === key ? "" : key);
    const attributes = { id: `teams-${key}`, "aria-expanded": "false", "aria-controls": "teams-means" };
    return el("th", { scope: "col" }, button(title, toggle, { ...attributes, title: "What this means" }));
  }

  private explain(key: string): void {
    this.explained = key;
    const means = document.getElementById("teams-means");
    if (!means) return;
    const column = TEAM_COLUMNS.find((one) => one.key === key);
    means.textContent = column ? `${column.title}: ${column.means}` : "";
    for (const one of TEAM_COLUMNS) byId(`teams-${one.key}`).setAttribute("aria-expanded", String(one.key === key));
  }
}

function line(team: Team): HTMLElement {
  const name = team.desk ? `${team.team} (desk)` : team.team;
  const cells = TEAM_COLUMNS.map((column) => el("td", {}, column.text(team)));
  return el("tr", {}, el("th", { scope: "row" }, name), ...cells);
}
